package domain

import (
	"fmt"
	"slices"
)

// Books says where the money of one authorization is: the parts add up to what it held.
type Books struct {
	Authorized, Open, Captured, Voided, Expired int64 // minor units
}

// Books of an authorization. Captured is what captures took or are taking; what the provider has
// not captured, and does not have open, it gave back.
func (p *Payment) Books(authorization *Operation) Books {
	b := Books{Authorized: authorization.Held.Amount, Open: authorization.Open}
	for _, capture := range p.of(authorization.ID, Capture) {
		if capture.State == Submitted || capture.State == Succeeded { // what is sending is open yet
			b.Captured += capture.Request.Amount
		}
	}
	rest := b.Authorized - b.Open - b.Captured
	switch authorization.State {
	case Expired:
		b.Expired = rest
	case Captured: // nobody here asked for it
		b.Captured += rest
	default:
		b.Voided = rest
	}
	return b
}

// Totals are where the money of a payment is, in minor units. Authorized is the sum of Open,
// Capturing, Captured, Voided and Expired.
type Totals struct {
	Authorized, Open, Voided, Expired int64
	Capturing                         int64 // accepted by the provider, not settled
	Captured                          int64
	Refunding                         int64 // sent to the provider or accepted by it, not settled
	Refunded                          int64
	Disputed                          int64 // of disputes that are not won
	Fees                              int64 // of all disputes
	Kept                              int64 // as fees of cancellations, also of captures that are not settled
}

// Net is what the provider owes the shop.
func (t Totals) Net() int64 { return t.Captured - t.Refunded - t.Disputed - t.Fees }

// Totals folds the operations.
func (p *Payment) Totals() (t Totals) {
	for _, op := range p.Operations {
		amount := op.Request.Amount
		if op.Kind == Refund || op.Kind == Capture && (op.State == Submitted || op.State == Succeeded) {
			t.Kept += op.Fee
		}
		switch {
		case op.Kind == Authorize:
			b := p.Books(op)
			t.Authorized, t.Open, t.Voided, t.Expired = t.Authorized+b.Authorized, t.Open+b.Open, t.Voided+b.Voided, t.Expired+b.Expired
			if op.State == Captured { // by nobody here
				t.Captured += b.Captured
			}
		case op.Kind == Capture && op.State == Submitted:
			t.Capturing += amount
		case op.Kind == Capture && op.State == Succeeded:
			t.Captured += amount
		case op.Kind == Refund && op.unsettled():
			t.Refunding += amount
		case op.Kind == Refund && op.State == Succeeded:
			t.Refunded += amount
		case op.Kind == Dispute:
			t.Fees += op.Fee
			if op.State != Won {
				t.Disputed += amount
			}
		}
	}
	return t
}

// VoidOpen asks for what is open of an authorization to be given back, also after captures.
func (p *Payment) VoidOpen(c Caller, id string) (Task, error) {
	authorization := p.ByID(id)
	if authorization == nil || authorization.Kind != Authorize {
		return Task{}, ErrNoAuthorization
	}
	if err := p.Closed(authorization); err == nil || authorization.State != Authorized {
		return Task{}, nil
	}
	if p.capturing(authorization) {
		return Task{}, fmt.Errorf("%w: a capture of this authorization is not settled", ErrUnknown)
	}
	return p.Void(c, authorization.Step), nil
}

// capturing tells whether a capture of an authorization is not settled.
func (p *Payment) capturing(authorization *Operation) bool {
	return slices.ContainsFunc(p.of(authorization.ID, Capture), (*Operation).unsettled)
}

// Closed answers whether nothing of an authorization is open any more, and nothing can be: nil, or
// ErrUnknown.
func (p *Payment) Closed(authorization *Operation) error {
	switch {
	case authorization.State == Sending, authorization.State == Captured, authorization.Open > 0:
		return ErrUnknown
	case authorization.State == Authorized && p.Operation(authorization.Step, Void) != nil:
		return p.Undone(authorization.Step)
	default:
		return nil
	}
}
