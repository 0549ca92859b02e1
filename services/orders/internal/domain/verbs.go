package domain

import (
	"errors"
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/refusal"
)

// ErrNotPlaced: the order cannot be confirmed before it was placed. A saga that
// gets here has lost its first step's effect.
var ErrNotPlaced = errors.New("the order was never placed")

// Placement is what a customer has ordered at which prices.
type Placement struct {
	CustomerID  string
	RequestHash string // hex SHA-256 of the request
	Lines       []Line
	Adjustments []Adjustment
	Total       Money
}

// Done is what a saga had done for an order when it settles it.
type Done struct {
	Stock   *Hold   // nil: no stock was reserved
	Payment *Charge // nil: no payment was authorized
}

// Place opens the order. A placed order accepts the same request again. It is
// refused with reason request_mismatch when it stands with another request, and
// order_settled when it is settled: a late repetition must not look like a new
// order. Fails with the errors of Total, and ErrTotal when the sum is another.
func (o *Order) Place(p Placement, at time.Time) error {
	switch {
	case o.status == StatusNone:
	case o.requestHash != "" && o.requestHash != p.RequestHash:
		return refusal.New(refusals.RequestMismatch, "the order stands with another request", nil)
	case o.status.Settled():
		return o.alreadySettled()
	default:
		return nil
	}
	total, err := Total(p.Lines, p.Adjustments, p.Total.Currency)
	if err != nil {
		return fmt.Errorf("place order %s: %w", o.id, err)
	}
	if total != p.Total {
		return fmt.Errorf("place order %s: %w: %s, not %s", o.id, ErrTotal, total, p.Total)
	}
	o.record(at, OrderPlaced(p)) // the same fields; the compiler keeps it so
	return nil
}

// Confirm is the pivot: stock is allocated and the payment authorized. Fails
// with ErrNotPlaced; refused with order_settled when the order was rejected or
// cancelled, and with the reason of the compensation once that was started.
func (o *Order) Confirm(stock Hold, payment Charge, at time.Time) error {
	switch o.status {
	case StatusPlaced:
	case StatusConfirmed:
		return nil
	case StatusNone:
		return fmt.Errorf("confirm order %s: %w", o.id, ErrNotPlaced)
	default:
		return o.alreadySettled()
	}
	if why := o.turnedBack; why != nil {
		return why.refusal()
	}
	o.recordDone(Done{Stock: &stock, Payment: &payment})
	o.record(at, OrderConfirmed{CustomerID: o.customerID, PaymentID: payment.PaymentID, Total: o.total})
	return nil
}

// StartCompensation closes the way to the pivot before anything is undone. A saga
// may have forgotten that it passed the pivot, when the task in which it did was
// lost; it must not undo what a confirmed order stands on. Refused with
// order_settled.
//
// For an order that the log does not have, as after a restore to an earlier time,
// there is nothing to close: it cannot be confirmed. Its saga then undoes what the
// other services may know of.
func (o *Order) StartCompensation(why Refused, at time.Time) error {
	switch {
	case o.status.Settled():
		return o.alreadySettled()
	case o.status == StatusNone, o.turnedBack != nil:
		return nil
	}
	o.record(at, CompensationStarted(why))
	return nil
}

// Reject settles the order after everything was undone. An order that was never
// placed is rejected as well: from then on a placing that comes late is refused,
// where it would open an order that no saga works on. Refused with order_settled
// when the order was confirmed or cancelled.
func (o *Order) Reject(why Refused, done Done, at time.Time) error {
	if o.status == StatusRejected {
		return nil
	}
	if o.status.Settled() {
		return o.alreadySettled()
	}
	o.recordDone(done)
	o.record(at, OrderRejected{CustomerID: o.customerID, Reason: why.Reason, Message: why.Message, Details: why.Details})
	return nil
}

// Cancel settles the order as Reject does.
func (o *Order) Cancel(reason string, done Done, at time.Time) error {
	if o.status == StatusCancelled {
		return nil
	}
	if o.status.Settled() {
		return o.alreadySettled()
	}
	o.recordDone(done)
	o.record(at, OrderCancelled{CustomerID: o.customerID, Reason: reason})
	return nil
}

// MarkStuck records that a saga waits for its next try or for an operator; also
// before the order was placed, which may be the step that is stuck. The same
// trouble is recorded once for a number of attempts. A settled order refuses it
// with order_settled: it comes late.
func (o *Order) MarkStuck(s SagaStuck, at time.Time) error {
	if o.status.Settled() {
		return o.alreadySettled()
	}
	if now := o.stuck; now != nil && now.Saga == s.Saga && now.Step == s.Step && now.Attempts >= s.Attempts {
		return nil
	}
	s.CustomerID = o.customerID
	o.record(at, s)
	return nil
}

// recordDone puts the facts of the saga's steps where they belong in the story,
// before the way it ended.
func (o *Order) recordDone(done Done) {
	if stock := done.Stock; stock != nil {
		o.record(stock.ReservedAt, StockReserved{ExpiresAt: stock.ExpiresAt})
	}
	if payment := done.Payment; payment != nil {
		o.record(payment.AuthorizedAt, PaymentAuthorized{PaymentID: payment.PaymentID, ProviderReference: payment.ProviderReference})
	}
}

func (o *Order) alreadySettled() error {
	details := refusals.OrderSettledDetails{Status: string(o.status)}
	if o.refused != nil {
		details.Refusal = o.refused.refusal()
	}
	return refusal.New(refusals.OrderSettled, "the order is "+string(o.status)+" already", details)
}

func (r Refused) refusal() *refusal.Refusal {
	return &refusal.Refusal{Reason: r.Reason, Message: r.Message, Details: r.Details}
}
