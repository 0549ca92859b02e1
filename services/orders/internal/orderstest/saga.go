package orderstest

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/types/known/timestamppb"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/refusal"
)

// What the stand-in saga does, told by the order's payment method.
const (
	Confirm = "confirm"
	Reject  = "reject"
	Cancel  = "cancel"
	// HoldUnrecorded waits for Continue before the order is recorded, then
	// confirms.
	HoldUnrecorded = "hold_unrecorded"
	// HoldRecorded waits for Continue after the order is recorded, then confirms.
	HoldRecorded = "hold_recorded"
	// Vanish ends without having recorded anything.
	Vanish = "vanish"
)

// goOn is the signal of Continue.
const goOn = "continue"

// Work runs a worker with the stand-in for the saga PlaceOrder: the cases that
// the real one cannot be brought to at will.
func (w *World) Work() {
	w.t.Helper()
	standIn := worker.New(w.Temporal, w.TaskQueue, worker.Options{})
	standIn.RegisterWorkflowWithOptions(placeOrder, workflow.RegisterOptions{Name: sagas.PlaceOrder})
	standIn.RegisterWorkflowWithOptions(otherSaga, workflow.RegisterOptions{Name: "OtherSaga"})
	standIn.RegisterWorkflowWithOptions(strangeSaga, workflow.RegisterOptions{Name: "StrangeSaga"})
	standIn.RegisterActivity(&activities{saga: w.Saga})
	check(w.t, standIn.Start())
	w.t.Cleanup(standIn.Stop)
}

// Continue lets a stand-in saga that holds go on.
func (w *World) Continue(orderID string) {
	w.t.Helper()
	check(w.t, w.Temporal.SignalWorkflow(w.t.Context(), sagas.WorkflowID(orderID), "", goOn, nil))
}

// RunID is the id of an order's latest run, empty when it has none: it changes
// when a second one is started.
func (w *World) RunID(orderID string) string {
	w.t.Helper()
	described, err := w.Temporal.DescribeWorkflowExecution(w.t.Context(), sagas.WorkflowID(orderID), "")
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return ""
	}
	check(w.t, err)
	return described.GetWorkflowExecutionInfo().GetExecution().GetRunId()
}

// AwaitClosed waits until the order's run has ended.
func (w *World) AwaitClosed(orderID string) {
	w.t.Helper()
	_ = w.Temporal.GetWorkflow(w.t.Context(), sagas.WorkflowID(orderID), "").Get(w.t.Context(), nil)
}

func placeOrder(ctx workflow.Context, in sagas.PlaceOrderInput) (*sagas.Outcome, error) {
	var outcome *sagas.Outcome
	err := workflow.SetUpdateHandler(ctx, sagas.UpdatePlace, func(ctx workflow.Context, request sagas.PlaceRequest) (*sagas.Outcome, error) {
		if request.RequestHash != in.RequestHash {
			return nil, sagas.RefusalError(refusal.New(refusals.RequestMismatch, "another request", nil))
		}
		err := workflow.Await(ctx, func() bool { return outcome != nil })
		return outcome, err
	})
	if err != nil {
		return nil, err
	}
	ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{ScheduleToCloseTimeout: 10 * time.Second})
	held := workflow.GetSignalChannel(ctx, goOn)
	if in.PaymentMethod == Vanish {
		return nil, temporal.NewNonRetryableApplicationError("vanished", "vanished", nil)
	}
	if in.PaymentMethod == HoldUnrecorded {
		held.Receive(ctx, nil)
	}
	if err := workflow.ExecuteLocalActivity(ctx, "Record", in).Get(ctx, nil); err != nil {
		return nil, err
	}
	if in.PaymentMethod == HoldRecorded {
		held.Receive(ctx, nil)
	}
	err = workflow.ExecuteLocalActivity(ctx, "Settle", in.OrderID, in.PaymentMethod).Get(ctx, nil)
	outcome = &sagas.Outcome{OrderID: in.OrderID}
	_ = workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
	return outcome, err
}

// otherSaga works on an order and refuses to place it, as the sagas of the house
// do with updates that are not theirs.
func otherSaga(ctx workflow.Context) error {
	err := workflow.SetUpdateHandler(ctx, sagas.UpdatePlace, func(workflow.Context, sagas.PlaceRequest) error {
		return sagas.RefusalError(refusal.New(refusals.SagaInProgress, "another saga is at work", refusals.SagaInProgressDetails{Saga: "OtherSaga"}))
	})
	if err != nil {
		return err
	}
	workflow.GetSignalChannel(ctx, goOn).Receive(ctx, nil)
	return nil
}

// strangeSaga does not know the update at all.
func strangeSaga(ctx workflow.Context) error {
	workflow.GetSignalChannel(ctx, goOn).Receive(ctx, nil)
	return nil
}

// Occupy has another workflow run under an order's id.
func (w *World) Occupy(orderID, workflowType string) {
	w.t.Helper()
	_, err := w.Temporal.ExecuteWorkflow(w.t.Context(), client.StartWorkflowOptions{
		ID: sagas.WorkflowID(orderID), TaskQueue: w.TaskQueue,
	}, workflowType)
	check(w.t, err)
}

type activities struct{ saga ordersv1.OrdersServiceClient }

// Record calls RecordPlaced as the worker does.
func (a *activities) Record(ctx context.Context, in sagas.PlaceOrderInput) error {
	_, err := a.saga.RecordPlaced(ctx, recordPlaced(in))
	return err
}

// Settle ends the order as the payment method says.
func (a *activities) Settle(ctx context.Context, orderID, method string) error {
	now := timestamppb.Now()
	stock := &ordersv1.StockReserved{At: now, ExpiresAt: timestamppb.New(now.AsTime().Add(time.Hour))}
	payment := &ordersv1.PaymentAuthorized{At: now, PaymentId: "pay-1", ProviderReference: "ref-1"}
	var err error
	switch method {
	case Reject:
		_, err = a.saga.Reject(ctx, &ordersv1.RejectRequest{
			OrderId: orderID, Reason: refusals.OutOfStock, Message: "not enough of TEA",
			Details: []byte(`{"shortages":[{"sku":"TEA","requested":4,"available":3}]}`),
		})
	case Cancel:
		_, err = a.saga.Cancel(ctx, &ordersv1.CancelRequest{
			OrderId: orderID, Reason: refusals.Cancelled, StockReserved: stock, PaymentAuthorized: payment,
		})
	default:
		_, err = a.saga.Confirm(ctx, &ordersv1.ConfirmRequest{OrderId: orderID, StockReserved: stock, PaymentAuthorized: payment})
	}
	return err
}

func recordPlaced(in sagas.PlaceOrderInput) *ordersv1.RecordPlacedRequest {
	request := &ordersv1.RecordPlacedRequest{
		OrderId: in.OrderID, CustomerId: in.CustomerID, RequestHash: in.RequestHash,
		Total: &commonv1.Money{Amount: in.Total, Currency: in.Currency}, PlacedAt: timestamppb.New(in.PlacedAt),
	}
	for _, line := range in.Lines {
		request.Lines = append(request.Lines, &ordersv1.OrderLine{Sku: line.SKU, Name: line.Name, UnitPrice: line.UnitPrice, Quantity: line.Quantity})
	}
	for _, adjustment := range in.Adjustments {
		request.Adjustments = append(request.Adjustments, &ordersv1.OrderAdjustment{Kind: adjustment.Kind, Amount: adjustment.Amount})
	}
	return request
}
