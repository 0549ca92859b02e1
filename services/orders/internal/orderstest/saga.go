package orderstest

import (
	"context"
	"errors"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
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
	// HoldAtStart waits for Continue before its first step, then confirms.
	HoldAtStart = "hold_at_start"
	// Hold waits for Continue after its first step, then confirms.
	Hold = "hold"
	// Stuck tells who waits that it is stuck, and waits for Continue, then confirms.
	Stuck = "stuck"
	// Vanish ends before its first step.
	Vanish = "vanish"
)

// goOn is the signal of Continue.
const goOn = "continue"

// Work runs a worker with the stand-in for the saga PlaceOrder: the cases that the real one cannot
// be brought to at will.
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

// History is the history of an order's latest run, as JSON: what Temporal keeps of it.
func (w *World) History(orderID string) string {
	w.t.Helper()
	var history strings.Builder
	events := w.Temporal.GetWorkflowHistory(w.t.Context(), sagas.WorkflowID(orderID), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event := must(events.Next())(w.t)
		history.WriteString(event.String())
	}
	return history.String()
}

// RunID is the id of an order's latest run, empty when it has none: it changes when a second one is
// started.
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

func placeOrder(ctx workflow.Context, in *ordersv1.PlaceOrderInput) (*commonv1.Outcome, error) {
	var outcome *commonv1.Outcome
	err := workflow.SetUpdateHandler(ctx, sagas.UpdatePlace, func(ctx workflow.Context, request sagas.PlaceRequest) (*commonv1.Outcome, error) {
		if request.RequestHash != in.GetPlacement().GetRequestHash() {
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
	if in.GetPaymentMethod() == Vanish {
		return nil, temporal.NewNonRetryableApplicationError("vanished", "vanished", nil)
	}
	if in.GetPaymentMethod() == HoldAtStart {
		held.Receive(ctx, nil)
	}
	if err := workflow.ExecuteLocalActivity(ctx, "Record", in).Get(ctx, nil); err != nil {
		return nil, err
	}
	if in.GetPaymentMethod() == Stuck {
		outcome = &commonv1.Outcome{Status: sagas.StatusPlaced}
	}
	if in.GetPaymentMethod() == Hold || in.GetPaymentMethod() == Stuck {
		held.Receive(ctx, nil)
	}
	err = workflow.ExecuteLocalActivity(ctx, "Settle", in).Get(ctx, nil)
	outcome = &commonv1.Outcome{Status: sagas.StatusConfirmed}
	_ = workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
	return outcome, err
}

// otherSaga works on an order and refuses to place it, as sagas do with updates that are not
// theirs.
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
func (a *activities) Record(ctx context.Context, in *ordersv1.PlaceOrderInput) error {
	_, err := a.saga.RecordPlaced(ctx, &ordersv1.RecordPlacedRequest{Saga: in.GetSaga(), Placement: in.GetPlacement()})
	return err
}

// Settle ends the order as the payment method says.
func (a *activities) Settle(ctx context.Context, in *ordersv1.PlaceOrderInput) error {
	reserved, authorized := Done(in.GetPlacement().GetTotal())
	var err error
	switch in.GetPaymentMethod() {
	case Reject:
		_, err = a.saga.RecordRejected(ctx, &ordersv1.RecordRejectedRequest{Saga: in.GetSaga(), Why: &commonv1.Refusal{
			Reason: refusals.OutOfStock, Message: "Not enough of TEA",
			Details: `{"shortages":[{"sku":"TEA","requested":4,"available":3}]}`,
		}})
	case Cancel:
		_, err = a.saga.RecordCancelled(ctx, &ordersv1.RecordCancelledRequest{
			Saga: in.GetSaga(), Why: &commonv1.Refusal{Reason: refusals.Cancelled},
			Facts: append([]*commonv1.Fact{reserved, authorized}, Undone()...),
		})
	default:
		_, err = a.saga.RecordConfirmed(ctx, &ordersv1.RecordConfirmedRequest{
			Saga: in.GetSaga(), Facts: []*commonv1.Fact{reserved, authorized},
		})
	}
	return err
}

// Done are the facts that an order is confirmed with.
func Done(total *commonv1.Money) (reserved, authorized *commonv1.Fact) {
	now := timestamppb.Now()
	return &commonv1.Fact{At: now, Fact: &commonv1.Fact_StockReserved{StockReserved: &commonv1.StockReserved{
		ExpiresAt: timestamppb.New(now.AsTime().Add(time.Hour)),
	}}}, &commonv1.Fact{At: now, Fact: &commonv1.Fact_PaymentAuthorized{PaymentAuthorized: &commonv1.PaymentAuthorized{
		PaymentId: "pay-1", ProviderReference: "ref-1", Amount: total,
	}}}
}

// Undone are the facts that take back those of Done.
func Undone() []*commonv1.Fact {
	now := timestamppb.Now()
	return []*commonv1.Fact{
		{At: now, Fact: &commonv1.Fact_PaymentVoided{PaymentVoided: &commonv1.PaymentVoided{PaymentId: "pay-1"}}},
		{At: now, Fact: &commonv1.Fact_StockReleased{StockReleased: &commonv1.StockReleased{}}},
	}
}
