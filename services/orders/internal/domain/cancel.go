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
	CancelPolicy
}

// CancelPolicy is what becomes of cancelled units and their money. The zero value makes the units
// available again and keeps no money.
type CancelPolicy struct {
	// WriteOff takes the units off the stock: they are not sold again.
	WriteOff bool `json:"write_off,omitempty"`
	// Fee is what the shop keeps of the units' amount; zero: nothing.
	Fee Money `json:"fee,omitzero"`
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
	// Rest means that the others were shipped, or a fee is captured: what is open of the
	// authorization is voided.
	Rest   bool  `json:"rest,omitempty"`
	Amount Money `json:"amount"`
	// Refund is the part of the amount that was captured before, without the fee; zero in most
	// cancellations.
	Refund Money `json:"refund,omitzero"`
	CancelPolicy
	// FeeCapture is the part of the fee that is captured; the rest of it was captured before and is
	// not refunded.
	FeeCapture Money `json:"fee_capture,omitzero"`
	// Last means that nothing is captured after the fee.
	Last bool `json:"last,omitempty"`
}

// KeptBack is the part of the fee that was captured before.
func (c Cancellation) KeptBack() Money {
	return Money{Amount: c.Fee.Amount - c.FeeCapture.Amount, Currency: c.Amount.Currency}
}

// Cancelling returns the saga of a cancel request.
func Cancelling(instance string) Saga {
	return Saga{Kind: sagas.KindCancelOrder, Instance: instance}
}

// PlanCancel returns what a request would cancel now. It refuses with order_settled when the order
// was rejected or cancelled, with saga_in_progress while another saga works on it, with
// units_not_cancellable when a line has fewer units left, with currency_mismatch and
// fee_exceeds_amount when the fee is in another currency or above the units' amount, and, when the fee
// has to be captured, with authorization_unknown and amount_exceeds_open as PlanShipment does, and
// with fee_not_chargeable when the authorization could not be captured for other units then.
func (o *Order) PlanCancel(request CancelRequest) (Cancellation, error) {
	if err := o.checkFree(); err != nil {
		return Cancellation{}, err
	}
	taken, left, err := o.take(request.Lines, refusals.UnitsNotCancellable, "cancelled")
	if err != nil {
		return Cancellation{}, err
	}
	shipped := len(o.shipped) > 0
	planned := Cancellation{Ask: request.Ask, Units: taken, Whole: left == 0 && !shipped, CancelPolicy: request.CancelPolicy}
	planned.Shipping = planned.Whole
	amounts, err := o.amountsOf(planned.Units, planned.Shipping)
	if err != nil {
		return Cancellation{}, err
	}
	planned.Amount = Money{Amount: amounts.Total(), Currency: o.total.Currency}
	if prepaid := min(planned.Amount.Amount, o.Prepaid().Amount); prepaid > 0 {
		planned.Refund = Money{Amount: prepaid, Currency: o.total.Currency}
	}
	if err := o.planFee(&planned, left); err != nil {
		return Cancellation{}, err
	}
	captured := planned.FeeCapture.Amount
	planned.Rest = left == 0 && (shipped || captured > 0) && o.open > captured
	return planned, nil
}

// planFee divides the fee: it is kept back of what would be refunded, and the rest is captured. left
// are the units that are free after the cancellation.
func (o *Order) planFee(planned *Cancellation, left int64) error {
	fee := planned.Fee
	switch {
	case fee.Amount == 0:
		planned.Fee = Money{}
		return nil
	case fee.Currency != o.total.Currency:
		return refusal.New(refusals.CurrencyMismatch, "The order is in "+o.total.Currency,
			refusals.CurrencyMismatchDetails{Currency: fee.Currency})
	case fee.Amount > planned.Amount.Amount:
		return refusal.New(refusals.FeeExceedsAmount,
			fmt.Sprintf("The fee is above %s, which the cancelled units are worth", planned.Amount.Text()), refusals.AmountLeftDetails(planned.Amount))
	}
	kept := min(fee.Amount, planned.Refund.Amount)
	if planned.Refund.Amount -= kept; planned.Refund.Amount == 0 {
		planned.Refund = Money{}
	}
	if kept == fee.Amount {
		return nil
	}
	planned.FeeCapture, planned.Last = Money{Amount: fee.Amount - kept, Currency: fee.Currency}, left == 0
	switch {
	case o.charge == nil || o.charge.Authorization == "":
		return refusal.New(refusals.AuthorizationUnknown, "The order's authorization has no id to capture a fee by", nil)
	case planned.FeeCapture.Amount > o.open:
		return refusal.New(refusals.AmountExceedsOpen,
			fmt.Sprintf("A fee of %s has to be captured, and only %s is authorized", planned.FeeCapture.Text(), o.Open().Text()), refusals.AmountLeftDetails(o.Open()))
	case !o.charge.MultiCapture && left > 0:
		return refusal.New(refusals.FeeNotChargeable,
			"The payment can be charged once, which has to pay for the units that are left: cancel without a fee, or everything that is left", nil)
	}
	return nil
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
// or with a fee or a write-off, because the order has to be confirmed first, and to cancel once more,
// so that requests cannot make the stream of an order longer while its saga is stuck.
func (o *Order) CheckCancelPlacing(request CancelRequest) error {
	var why string
	switch {
	case len(request.Lines) > 0:
		why = "The order is still being placed; until then it can be cancelled as a whole only"
	case request.CancelPolicy != CancelPolicy{}:
		why = "The order is still being placed; until then it can be cancelled without a fee or a write-off only"
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
	if fee := cancelled.FeeCapture; fee.Amount > 0 && !capturedFor(done, request.Instance, fee) {
		return fmt.Errorf("cancel order %s: %w: a fee of %s is not captured", o.id, ErrFacts, fee)
	}
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
