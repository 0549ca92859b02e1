package domain

import (
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/refusal"
)

// HoldPayment: what is not shipped is not covered by open authorizations or prepayment any more.
const HoldPayment = "payment"

// ShippingHold is a reason for which nothing of the order is shipped.
type ShippingHold struct {
	Reason  string
	Since   time.Time
	Missing Money
}

// Holds are the reasons for which nothing of the order is shipped. They are derived from the order's
// money and units, so a hold ends with its reason: when the order is covered again, or cancelled.
func (o *Order) Holds() []ShippingHold {
	if o.uncoveredSince.IsZero() {
		return nil
	}
	return []ShippingHold{{HoldPayment, o.uncoveredSince, Money{Amount: o.uncovered(), Currency: o.total.Currency}}}
}

// ToShip is the amount of what is neither shipped nor cancelled.
func (o *Order) ToShip() Money {
	left := o.Due()
	left.Amount -= o.books.shipped
	return left
}

// uncovered is the part of what a confirmed order has still to ship that is neither authorized nor
// prepaid.
func (o *Order) uncovered() int64 {
	if o.status != StatusConfirmed {
		return 0
	}
	return max(0, o.ToShip().Amount-o.Prepaid().Amount-o.open)
}

// noteCover keeps since when the order is not covered.
func (o *Order) noteCover(at time.Time) {
	switch {
	case o.uncovered() == 0:
		o.uncoveredSince = time.Time{}
	case o.uncoveredSince.IsZero():
		o.uncoveredSince = at
	}
}

// checkHolds refuses with order_on_hold while the order has a hold.
func (o *Order) checkHolds() error {
	holds := o.Holds()
	if len(holds) == 0 {
		return nil
	}
	return refusal.New(refusals.OrderOnHold,
		fmt.Sprintf("The order is on hold for its payment: %s of what is not shipped is neither authorized nor paid", holds[0].Missing.Text()),
		refusals.OnHoldDetails{Reason: holds[0].Reason, Since: holds[0].Since.Format(time.RFC3339), Missing: refusals.AmountLeftDetails(holds[0].Missing)})
}
