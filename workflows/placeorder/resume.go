package placeorder

import (
	"go.temporal.io/sdk/workflow"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/workflows/saga"
)

// ResumeOrder settles an order whose PlaceOrder is gone: terminated by hand, or
// lost with its history. How far it came is not known, so everything it may have
// done before the pivot is undone; if it passed the pivot there is nothing to do.
// It runs under the order's own workflow id, so it never meets a live saga.
func ResumeOrder(ctx workflow.Context, in sagas.ResumeOrderInput) (sagas.Outcome, error) {
	o := &order{in: sagas.PlaceOrderInput{OrderID: in.OrderID, CustomerID: in.CustomerID}}
	if err := saga.Register(ctx, nil); err != nil {
		return sagas.Outcome{}, err
	}
	// The name is PlaceOrder's: its steps are what is undone.
	s := saga.Begin(ctx, in.OrderID, name)
	why := refusal.New(refusals.Interrupted, "the order's saga was interrupted; everything was undone and nothing charged", nil)
	s.MayHaveDone(why, o.reserveStock(s), o.authorizePayment(s))

	if !s.TurnBack(o.startCompensation(why)) {
		return o.endAsSettled(ctx, s.Failed())
	}
	s.Forward(o.reject(why))
	return o.end(ctx, sagas.StatusRejected, why)
}
