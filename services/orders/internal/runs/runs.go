// Package runs starts the sagas of orders in Temporal and waits for them.
//
// Tried on server 1.32.1: an order has one workflow id; PlaceOrder must reject duplicates, because
// a repeated request would otherwise start a second run after the first has closed; an update is
// durable only when the task that handled it ends, so an error of a wait proves nothing.
package runs

import (
	"context"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/services/orders/internal/contract"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
)

// ErrExists means that a workflow was not started because the order has, or had, a run.
var ErrExists = errors.New("the order has a run already")

// Runs starts and awaits the sagas of orders.
type Runs struct {
	temporal  client.Client
	taskQueue string
}

// New makes Runs from a client. New runs use the task queue.
func New(temporal client.Client, taskQueue string) *Runs {
	return &Runs{temporal: temporal, taskQueue: taskQueue}
}

// Start starts PlaceOrder and does not wait. ErrExists means that there is a run, open or closed.
// After any other error there may be one.
func (r *Runs) Start(ctx context.Context, in *ordersv1.PlaceOrderInput) error {
	options := r.options(in)
	options.WorkflowIDConflictPolicy = enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL
	options.WorkflowExecutionErrorWhenAlreadyStarted = true
	_, err := r.temporal.ExecuteWorkflow(ctx, options, sagas.PlaceOrder, in)
	if err != nil {
		return fmt.Errorf("start PlaceOrder of order %s: %w", in.GetSaga().GetOrderId(), existing(err))
	}
	return nil
}

// StartAndWait starts PlaceOrder, or joins the open run, and waits until it has an outcome or is
// stuck, or until ctx ends. After an error, also the end of ctx, there may be a run or not.
func (r *Runs) StartAndWait(ctx context.Context, in *ordersv1.PlaceOrderInput) error {
	options := r.options(in)
	options.WorkflowIDConflictPolicy = enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING
	hash := in.GetPlacement().GetRequestHash()
	handle, err := r.temporal.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: r.temporal.NewWithStartWorkflowOperation(options, sagas.PlaceOrder, in),
		UpdateOptions: client.UpdateWorkflowOptions{
			// Repeated requests are one update.
			UpdateID:     sagas.PlaceUpdateID(hash),
			WorkflowID:   options.ID,
			UpdateName:   sagas.UpdatePlace,
			Args:         []any{sagas.PlaceRequest{RequestHash: hash}},
			WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	if err == nil {
		err = handle.Get(ctx, nil)
	}
	if err != nil {
		return fmt.Errorf("place order %s: %w", in.GetSaga().GetOrderId(), existing(err))
	}
	return nil
}

// StartOpen starts the workflow of the order's open request and does not wait. ErrExists means that
// a run is open on the order. After any other error there may be one.
func (r *Runs) StartOpen(ctx context.Context, order *domain.Order) error {
	open, ok := contract.OpenOf(order)
	if !ok {
		return fmt.Errorf("order %s has no open request", order.ID())
	}
	_, err := r.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                       sagas.WorkflowID(order.ID()),
		TaskQueue:                r.taskQueue,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowTaskTimeout:      sagas.WorkflowTaskTimeout,
		// Without it the SDK returns the open run as if it had started one.
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		TypedSearchAttributes: temporal.NewSearchAttributes(
			sagas.OrderStatus.ValueSet(string(order.Status())),
			sagas.SagaState.ValueSet(sagas.SagaRunning),
			sagas.CustomerID.ValueSet(order.CustomerID()),
		),
		StaticSummary: open.Summary,
	}, open.Workflow, open.Input)
	if err != nil {
		return fmt.Errorf("start %s of order %s: %w", open.Workflow, order.ID(), existing(err))
	}
	return nil
}

// Cancel asks the order's open run to turn back. It is no error when there is none, because the
// order has recorded the request.
func (r *Runs) Cancel(ctx context.Context, orderID string) error {
	err := r.temporal.CancelWorkflow(ctx, sagas.WorkflowID(orderID), "")
	var none *serviceerror.NotFound
	if err != nil && !errors.As(err, &none) {
		return fmt.Errorf("cancel the run of order %s: %w", orderID, err)
	}
	return nil
}

// Await waits until the order's latest run has closed, with any result. After an error it may still
// be open.
func (r *Runs) Await(ctx context.Context, orderID string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := r.temporal.GetWorkflow(ctx, sagas.WorkflowID(orderID), "").Get(ctx, nil)
	var closed *temporal.WorkflowExecutionError
	if err == nil || errors.As(err, &closed) {
		return nil
	}
	return fmt.Errorf("await the run of order %s: %w", orderID, err)
}

func (r *Runs) options(in *ordersv1.PlaceOrderInput) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID:                    sagas.WorkflowID(in.GetSaga().GetOrderId()),
		TaskQueue:             r.taskQueue,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowTaskTimeout:   sagas.WorkflowTaskTimeout,
		// No execution timeout: it would end a stuck saga before everything is undone.
		TypedSearchAttributes: temporal.NewSearchAttributes(
			sagas.OrderStatus.ValueSet(sagas.StatusPlaced),
			sagas.SagaState.ValueSet(sagas.SagaRunning),
			sagas.CustomerID.ValueSet(in.GetPlacement().GetCustomerId()),
		),
		StaticSummary: summary(in.GetPlacement()),
		StaticDetails: details(in.GetPlacement()),
	}
}

func existing(err error) error {
	var started *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &started) {
		return fmt.Errorf("%w: %w", ErrExists, err)
	}
	return err
}
