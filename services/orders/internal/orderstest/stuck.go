package orderstest

import (
	"time"

	"github.com/google/uuid"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
)

// Stuck records an order of 4 TEA for 10.00 GBP whose payment was declined late: its saga turned
// back and is stuck in the steps. It has no run.
func (w *World) Stuck(customer string, steps ...domain.StuckStep) (orderID string) {
	w.t.Helper()
	id, at := uuid.NewString(), time.Now().Add(-time.Minute).UTC().Truncate(time.Microsecond)
	check(w.t, w.Orders.Update(w.t.Context(), id, func(o *domain.Order) error {
		_, err := o.Place(domain.Placement{
			CustomerID: w.Subject(customer), RequestHash: "aa", Total: domain.Money{Amount: 1000, Currency: "GBP"},
			Lines: []domain.Line{{Number: 1, SKU: "TEA", Name: "Tea", UnitPrice: 250, Quantity: 4}},
		}, at)
		o.TurnBack(domain.Placing(id), domain.Refused{Reason: refusals.HoldExpired, Message: "the hold has run out"}, at)
		o.MarkStuck(domain.Placing(id), steps, "", at)
		return err
	}))
	return id
}
