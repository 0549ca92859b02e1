// Package runs starts the sagas of orders in Temporal, waits for them and looks
// them up.
//
// What it may be relied on for was tried on server 1.32.1: an order has one
// workflow id; PlaceOrder alone rejects duplicates, or a repeated request would
// start a second run after the first has closed; an update is durable only when
// the task that handled it ends, so an error that is no refusal proves nothing
// and the caller looks for the run.
package runs

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/ordersaga/ordersaga/contracts/sagas"
)

const (
	// startTimeout bounds a start without a wait.
	startTimeout = 10 * time.Second
	// lookTimeout bounds a look at a run. It is a limit of its own, because one
	// looks when the caller's time is over.
	lookTimeout = 5 * time.Second
	// memoRequestHash is where a run carries the hash of its request, for
	// whoever finds the run before its order.
	memoRequestHash = "request_hash"
)

// ErrExists says that PlaceOrder was not started because the order has, or had,
// a run.
var ErrExists = errors.New("the order has a run already")

// Runs are the sagas of orders.
type Runs struct {
	temporal  client.Client
	taskQueue string
}

// New finds runs by a client. New ones go to the task queue.
func New(temporal client.Client, taskQueue string) *Runs {
	return &Runs{temporal: temporal, taskQueue: taskQueue}
}

// Start starts PlaceOrder and does not wait, for at most 10 s. ErrExists means
// that there is a run, open or closed. After any other error there may be one.
func (r *Runs) Start(ctx context.Context, in sagas.PlaceOrderInput) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	options := r.options(in)
	options.WorkflowIDConflictPolicy = enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL
	options.WorkflowExecutionErrorWhenAlreadyStarted = true
	_, err := r.temporal.ExecuteWorkflow(ctx, options, sagas.PlaceOrder, in)
	if err != nil {
		return fmt.Errorf("start PlaceOrder of order %s: %w", in.OrderID, existing(err))
	}
	return nil
}

// StartAndWait starts PlaceOrder, or joins the run that is open, and waits for
// its outcome until ctx ends. A *refusal.Refusal is the run's answer: the request
// is another one, or another saga is at work. ErrExists means that the order had
// a run which has closed. After any other error, the end of ctx among them, there
// may be a run or not.
func (r *Runs) StartAndWait(ctx context.Context, in sagas.PlaceOrderInput) error {
	options := r.options(in)
	options.WorkflowIDConflictPolicy = enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING
	handle, err := r.temporal.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: r.temporal.NewWithStartWorkflowOperation(options, sagas.PlaceOrder, in),
		UpdateOptions: client.UpdateWorkflowOptions{
			// The same wait, however often it is sent, is one update. Another
			// request must be another one, or it would get this one's answer.
			UpdateID:     sagas.PlaceUpdateID(in.RequestHash),
			WorkflowID:   options.ID,
			UpdateName:   sagas.UpdatePlace,
			Args:         []any{sagas.PlaceRequest{RequestHash: in.RequestHash}},
			WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	if err == nil {
		err = handle.Get(ctx, nil)
	}
	if err == nil {
		return nil
	}
	if refused, ok := sagas.RefusalOf(err); ok {
		return refused
	}
	return fmt.Errorf("place order %s: %w", in.OrderID, existing(err))
}

// Await waits until the order's latest run has closed, in whatever way. Its error
// means that it is not known to have.
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

// Run is the latest run of an order.
type Run struct {
	Open bool
	// RequestHash of the request that started the run; empty when it has none.
	RequestHash string
}

// Find looks up the order's latest run, for at most 5 s and also when ctx has
// ended; nil when there is none.
func (r *Runs) Find(ctx context.Context, orderID string) (*Run, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTimeout)
	defer cancel()
	described, err := r.temporal.DescribeWorkflowExecution(ctx, sagas.WorkflowID(orderID), "")
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for the run of order %s: %w", orderID, err)
	}
	info := described.GetWorkflowExecutionInfo()
	run := &Run{Open: info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING}
	if hash := info.GetMemo().GetFields()[memoRequestHash]; hash != nil {
		if err := converter.GetDefaultDataConverter().FromPayload(hash, &run.RequestHash); err != nil {
			return nil, fmt.Errorf("memo of the run of order %s: %w", orderID, err)
		}
	}
	return run, nil
}

func (r *Runs) options(in sagas.PlaceOrderInput) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID:                    sagas.WorkflowID(in.OrderID),
		TaskQueue:             r.taskQueue,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowTaskTimeout:   sagas.WorkflowTaskTimeout,
		// No execution timeout: it would end a saga that is stuck, undone or not.
		TypedSearchAttributes: temporal.NewSearchAttributes(
			sagas.OrderStatus.ValueSet(sagas.StatusPlaced),
			sagas.SagaState.ValueSet(sagas.SagaRunning),
			sagas.CustomerID.ValueSet(in.CustomerID),
		),
		StaticSummary: summary(in),
		StaticDetails: details(in),
		Memo:          map[string]any{memoRequestHash: in.RequestHash},
	}
}

func existing(err error) error {
	var started *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &started) {
		return fmt.Errorf("%w: %w", ErrExists, err)
	}
	return err
}
