package domain

import (
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain/slots"
)

// CancelRequest asks to cancel an order, or units of it that are not shipped.
type CancelRequest struct {
	Ask
	// Lines are the units to cancel; none: everything that is left.
	Lines []LineUnits
}

// Cancellation is the units that are cancelled and the amount that is no longer due. It is the
// input of the saga.
type Cancellation struct {
	Ask
	Units []slots.Range `json:"units"`
	// Shipping is cancelled with the last goods.
	Shipping bool `json:"shipping,omitempty"`
	// Whole means that nothing is left of the order, and nothing of it was shipped.
	Whole bool `json:"whole,omitempty"`
	// Rest means that the others were shipped: what is open of the authorization is voided.
	Rest   bool  `json:"rest,omitempty"`
	Amount Money `json:"amount"`
	// Refund is the part of the amount that was captured before; zero in most cancellations.
	Refund Money `json:"refund,omitzero"`
}

// Cancelling returns the saga of a cancel request.
func Cancelling(instance string) Saga {
	return Saga{Kind: sagas.KindCancelOrder, Instance: instance}
}

// PlanCancel returns what a request would cancel now. It refuses with order_settled when the order
// was rejected or cancelled, with saga_in_progress while another saga works on it, and with
// units_not_cancellable when a line has fewer units left.
func (o *Order) PlanCancel(request CancelRequest) (Cancellation, error) {
	if err := o.checkFree(); err != nil {
		return Cancellation{}, err
	}
	taken, left, err := o.take(request.Lines, refusals.UnitsNotCancellable, "cancelled")
	if err != nil {
		return Cancellation{}, err
	}
	shipped := len(o.shipped) > 0
	planned := Cancellation{Ask: request.Ask, Units: taken, Whole: left == 0 && !shipped}
	planned.Shipping = planned.Whole
	amounts, err := o.amountsOf(planned.Units, planned.Shipping)
	if err != nil {
		return Cancellation{}, err
	}
	planned.Amount = Money{Amount: amounts.Total(), Currency: o.total.Currency}
	if prepaid := min(planned.Amount.Amount, o.Prepaid().Amount); prepaid > 0 {
		planned.Refund = Money{Amount: prepaid, Currency: o.total.Currency}
	}
	planned.Rest = left == 0 && shipped && o.open > 0
	return planned, nil
}

// BeginCancel records that CancelOrder works on the order from now on. It refuses as PlanCancel
// does.
func (o *Order) BeginCancel(request CancelRequest, at time.Time) (Cancellation, error) {
	planned, err := o.PlanCancel(request)
	if err != nil {
		return Cancellation{}, err
	}
	return planned, o.begin(Cancelling(request.Instance), planned, at)
}

// CheckCancelPlacing refuses with saga_in_progress what CancelPlacing does not do: to cancel a part,
// because the order has to be confirmed first, and to cancel once more, so that requests cannot make
// the stream of an order longer while its saga is stuck.
func (o *Order) CheckCancelPlacing(request CancelRequest) error {
	var why string
	switch {
	case len(request.Lines) > 0:
		why = "The order is still being placed; until then it can be cancelled as a whole only"
	case len(o.requests) > 0:
		why = "The order is being cancelled already"
	default:
		return nil
	}
	return refusal.New(refusals.SagaInProgress, why, refusals.SagaInProgressDetails{Saga: sagas.KindPlaceOrder, RetryAfter: sagaRetry})
}

// CancelPlacing turns back the saga that places the order, which then ends cancelled. It refuses as
// CheckCancelPlacing does.
func (o *Order) CancelPlacing(request CancelRequest, at time.Time) error {
	if err := o.CheckCancelPlacing(request); err != nil {
		return err
	}
	o.record(at, CancelRequested{
		Instance: request.Instance, CustomerID: o.customerID, Reason: request.Reason, Note: request.Note, By: request.By, Hash: request.Hash,
	})
	o.TurnBack(Placing(o.id), Refused{Reason: refusals.Cancelled, Message: "the order was cancelled before it was confirmed"}, at)
	return nil
}

// endCancel records the cancellation after its units are free and its payment is voided or refunded
// as far as it has to be. A refund that failed stays a debt.
func (o *Order) endCancel(request *Request, done []Done, at time.Time) error {
	cancelled := *request.Cancellation
	o.recordDone(done)
	switch asked := o.refundedBy(request.Instance); {
	case asked != cancelled.Refund.Amount:
		return fmt.Errorf("cancel order %s: %w: a refund of %d, not of %d", o.id, ErrFacts, cancelled.Refund.Amount, asked)
	case (cancelled.Whole || cancelled.Rest) && o.open > 0:
		return fmt.Errorf("cancel order %s: %w: %d are still authorized", o.id, ErrFacts, o.open)
	}
	o.record(at, UnitsCancelled{Instance: request.Instance, CustomerID: o.customerID, Cancellation: cancelled})
	if cancelled.Whole {
		o.record(at, OrderCancelled{o.customerID, Refused{Reason: refusals.Cancelled, Message: "the order was cancelled: " + cancelled.Reason}})
	}
	return nil
}
