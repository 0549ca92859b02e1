// Package placeorder is the saga that places an order: reserve stock, authorize
// the payment, allocate the stock, confirm.
package placeorder

import (
	"encoding/json"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/workflows/saga"
)

// name of the saga in the barrier's keys.
const name = "place-order"

// PlaceOrder places the order of its input. A rejected order is a completed run
// whose outcome says why; a run that was cancelled before the pivot ends as
// cancelled, with everything undone.
func PlaceOrder(ctx workflow.Context, in sagas.PlaceOrderInput) (sagas.Outcome, error) {
	o := &order{in: in}
	if err := saga.Register(ctx, saga.Handlers{sagas.UpdatePlace: o.awaitOutcome}); err != nil {
		return sagas.Outcome{}, err
	}
	s := saga.Begin(ctx, in.OrderID, name)

	s.Forward(o.recordPlaced())
	if s.Failed() != nil {
		return o.endAsSettled(ctx, s.Failed())
	}
	s.Do(o.reserveStock(s))
	s.Do(o.authorizePayment(s))
	s.Do(o.allocateStock(s))
	s.Pivot(o.confirm())

	why, cancelled := s.Failed(), s.Cancelled()
	switch {
	case why == nil:
		return o.end(ctx, sagas.StatusConfirmed, nil)
	case !s.TurnBack(o.startCompensation(why)):
		return o.endAsSettled(ctx, s.Failed())
	case cancelled:
		s.Forward(o.cancel(why))
		return o.end(ctx, sagas.StatusCancelled, why)
	default:
		s.Forward(o.reject(why))
		return o.end(ctx, sagas.StatusRejected, why)
	}
}

// order is what the saga knows of its order.
type order struct {
	in         sagas.PlaceOrderInput
	reserved   *sagas.StockReserved
	authorized *sagas.PaymentAuthorized
	outcome    *sagas.Outcome
}

// awaitOutcome serves the update of everyone who waits for this order.
func (o *order) awaitOutcome(ctx workflow.Context, request sagas.PlaceRequest) (sagas.Outcome, error) {
	if request.RequestHash != o.in.RequestHash {
		return sagas.Outcome{}, sagas.RefusalError(refusal.New(refusals.RequestMismatch,
			"the idempotency key was used with another request", nil))
	}
	// A cancel of the workflow must not end the wait before everything is undone.
	ctx, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	if err := workflow.Await(ctx, func() bool { return o.outcome != nil }); err != nil {
		return sagas.Outcome{}, err
	}
	return *o.outcome, nil
}

// endAsSettled ends as the order was settled before, by this run in a task that
// was lost, or by an earlier one.
func (o *order) endAsSettled(ctx workflow.Context, why *refusal.Refusal) (sagas.Outcome, error) {
	var settled refusals.OrderSettledDetails
	if why.Reason == refusals.OrderSettled && json.Unmarshal(why.Details, &settled) == nil && settled.Status != "" {
		return o.end(ctx, settled.Status, settled.Refusal)
	}
	return o.end(ctx, sagas.StatusRejected, why)
}

// end answers everyone and closes the workflow.
func (o *order) end(ctx workflow.Context, status string, why *refusal.Refusal) (sagas.Outcome, error) {
	o.outcome = &sagas.Outcome{OrderID: o.in.OrderID, Status: status, Refusal: why}
	if err := saga.Drain(ctx); err != nil {
		return *o.outcome, err
	}
	err := workflow.UpsertTypedSearchAttributes(ctx,
		sagas.OrderStatus.ValueSet(status), sagas.SagaState.ValueSet(sagas.SagaCompleted))
	if err == nil && status == sagas.StatusCancelled {
		err = temporal.NewCanceledError(*o.outcome)
	}
	return *o.outcome, err
}
