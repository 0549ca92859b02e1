package domain

import (
	"errors"
	"fmt"
	"time"
)

// ErrFacts: what the steps of a saga did is not what the order needs to end it: an order is confirmed
// only when its stock is reserved and exactly its total authorized.
var ErrFacts = errors.New("the steps did not do what the saga has to do")

// Done is a fact of a saga's step, with the time of the service that did it.
type Done struct {
	At   time.Time
	Fact StepFact
}

// StepFact is what a step did to stock or money, or what became of money by itself.
type StepFact interface {
	Fact
	// recorded reports whether the order has the fact already.
	recorded(o *Order) bool
}

// recordDone records the facts of a saga's steps, before the event that ends the saga. A saga may
// learn a fact twice, from a step and from its undo: it is recorded once.
func (o *Order) recordDone(done []Done) {
	for _, step := range done {
		if !step.Fact.recorded(o) {
			o.record(step.At, step.Fact)
		}
	}
}

// ErrNotYet: a saga works on the order that has not recorded yet what a fact is about.
var ErrNotYet = errors.New("what it is about is not recorded yet")

// RecordPayment records what became of the order's money by itself, also while a saga works on the
// order. It fails with ErrNotYet.
func (o *Order) RecordPayment(facts []Done) error {
	open := o.OpenRequest()
	for _, fact := range facts {
		var known, expected bool
		switch f := fact.Fact.(type) {
		case PaymentCaptureFailed:
			_, known = o.captures[f.CaptureID]
			expected = open != nil && (open.Shipment != nil || open.Cancellation != nil && open.Cancellation.FeeCapture.Amount > 0)
		case PaymentRefundFailed:
			known = o.refund(f.RefundID) != nil
			expected = open != nil && open.Shipment == nil
		case AuthorizationEnded:
			known, expected = o.charge != nil, o.saga != nil && open == nil
		default:
			return fmt.Errorf("order %s: %w: %s does not happen by itself", o.id, ErrFacts, TypeOf(f))
		}
		if !known && expected {
			return fmt.Errorf("order %s, %s: %w", o.id, TypeOf(fact.Fact), ErrNotYet)
		}
		if known && !fact.Fact.recorded(o) {
			o.record(fact.At, fact.Fact)
		}
	}
	return nil
}

// checkDone checks that the facts are those that a confirmed order requires.
func (o *Order) checkDone(done []Done) error {
	reserved, authorized := false, false
	for _, step := range done {
		switch fact := step.Fact.(type) {
		case StockReserved:
			reserved = true
		case PaymentAuthorized:
			if fact.Amount != o.total {
				return fmt.Errorf("confirm order %s: %w: %s of %s", o.id, ErrFacts, fact.Amount, o.total)
			}
			authorized = true
		default:
			return fmt.Errorf("confirm order %s: %w: not with %s", o.id, ErrFacts, TypeOf(fact))
		}
	}
	if !reserved || !authorized {
		return fmt.Errorf("confirm order %s: %w: stock %t, payment %t", o.id, ErrFacts, reserved, authorized)
	}
	return nil
}

func (StockReserved) recorded(o *Order) bool { return o.hold != nil && o.hold.ReleasedAt.IsZero() }

func (StockReleased) recorded(o *Order) bool { return o.hold == nil || !o.hold.ReleasedAt.IsZero() }

func (e PaymentAuthorized) recorded(o *Order) bool {
	return o.charge != nil && o.charge.PaymentID == e.PaymentID
}

func (e PaymentVoided) recorded(o *Order) bool {
	return o.charge == nil || o.charge.PaymentID != e.PaymentID || !o.charge.VoidedAt.IsZero()
}
