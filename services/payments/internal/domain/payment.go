package domain

import (
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/ordersaga/ordersaga/platform/money"
)

// Errors of a step, for the caller of the service.
var (
	// ErrUnknown means that the outcome is not known yet: ask again, it never charges twice.
	ErrUnknown = errors.New("the outcome at the payment provider is not known yet")
	// ErrUndone refuses an authorization that came after its undo.
	ErrUndone = errors.New("the step was undone and cannot be done any more")
	// ErrOtherRequest refuses a step that was asked for before with another amount, customer or
	// payment method.
	ErrOtherRequest = errors.New("the step was asked for before with another request")
)

// Errors of a request to capture or refund.
var (
	// ErrNoAuthorization refuses a capture of what the order has not.
	ErrNoAuthorization = errors.New("the order has no such authorization")
	// ErrOtherCurrency refuses a capture in another currency than the authorization's.
	ErrOtherCurrency = errors.New("the authorization is in another currency")
)

// EndedError refuses a capture of an authorization that is open no more.
type EndedError struct{ State State }

func (e *EndedError) Error() string { return "the authorization is " + string(e.State) }

// ExceedsError refuses more than is open, or more than can be refunded.
type ExceedsError struct{ Room Money }

// Left is what is left, for people: £12.50.
func (e *ExceedsError) Left() string { return money.Text(e.Room.Amount, e.Room.Currency) }

func (e *ExceedsError) Error() string { return "more than the " + e.Room.Text() + " that are left" }

// FailedError says why a capture or refund failed.
type FailedError struct {
	Code    string // the provider's
	Message string // may be shown to the shopper
}

func (e *FailedError) Error() string { return "failed: " + e.Code + ": " + e.Message }

// DeclinedError is the provider's no.
type DeclinedError struct {
	Code    string // the provider's: "insufficient_funds"
	Message string // may be shown to the shopper
}

func (e *DeclinedError) Error() string { return "declined: " + e.Code + ": " + e.Message }

// Payment is an order's money: the fold of its operations.
type Payment struct {
	ID        string
	OrderID   string
	CreatedAt time.Time
	// Operations in the order in which they were first asked for.
	Operations []*Operation
}

// Operation is a step's operation of a kind; nil when nobody asked for it.
func (p *Payment) Operation(step Step, kind Kind) *Operation { return p.part(step, kind, 0) }

// part is one of a step's operations of a kind; nil when there is none.
func (p *Payment) part(step Step, kind Kind, part int) *Operation {
	for _, op := range p.Operations {
		if op.Step == step && op.Kind == kind && op.Part == part {
			return op
		}
	}
	return nil
}

// Doing is the operation that a task is about.
func (p *Payment) Doing(t Task) *Operation { return p.part(t.Step, t.Kind, t.Part) }

// ByID is the operation of an id; nil when the payment has none.
func (p *Payment) ByID(id string) *Operation {
	for _, op := range p.Operations {
		if op.ID == id {
			return op
		}
	}
	return nil
}

// of are the operations of a kind of another operation, as they were first asked for.
func (p *Payment) of(id string, kind Kind) (found []*Operation) {
	for _, op := range p.Operations {
		if op.Of == id && op.Kind == kind {
			found = append(found, op)
		}
	}
	return found
}

func (p *Payment) add(c Caller, step Step, kind Kind, state State) *Operation {
	return p.addPart(c, step, kind, 0, state)
}

func (p *Payment) addPart(c Caller, step Step, kind Kind, part int, state State) *Operation {
	key := step.partKey(kind, part)
	op := &Operation{
		ID: uuid.NewSHA1(operationIDs, []byte(key)).String(), Step: step, Kind: kind, Part: part, State: state,
		Attempt: Attempt{Key: key, AskedAt: c.Now},
	}
	p.Operations = append(p.Operations, op)
	return op
}

// operationIDs is the namespace of the ids of operations (RFC 9562, version 5).
var operationIDs = uuid.MustParse("2f6f7a6e-6b8f-4b57-9d4d-2f1a5be0c0de")

// cover refuses an authorization of more than what is due, less what is open or may be. One that it
// replaces does not count.
func (p *Payment) cover(request Request, terms Due) error {
	left := request.Amount
	if terms.Currency != "" {
		left = terms.Amount
	}
	for _, op := range p.Operations {
		if op.Kind == Authorize && op.ID != terms.Replaces {
			left -= op.mayHold()
		}
	}
	if request.Amount > left {
		return &ExceedsError{Room: Money{max(left, 0), request.Currency}}
	}
	return nil
}

// Authorized answers a request to authorize: nil when the amount is held, or DeclinedError,
// ErrUndone or ErrUnknown.
func (p *Payment) Authorized(step Step) error {
	op := p.Operation(step, Authorize)
	switch {
	case op != nil && op.DeclineCode != "": // kept, even when the provider had charged nevertheless
		return &DeclinedError{Code: op.DeclineCode, Message: op.DeclineMessage}
	case op == nil || p.Operation(step, Void) != nil:
		return ErrUndone
	case op.State == Authorized:
		return nil
	case op.State == Sending || op.State == Captured:
		return ErrUnknown
	default: // voided or expired without us
		return ErrUndone
	}
}

// Undone answers a request to void: nil when nothing is held and nothing can be any more,
// ErrUnknown until then.
func (p *Payment) Undone(step Step) error {
	if undo := p.Operation(step, Void); undo != nil && (undo.State == Succeeded || undo.State == Needless) {
		return nil
	}
	return ErrUnknown
}

// Status is what is known of an order's payment as a whole.
type Status string

const (
	StatusNone       Status = "none"       // nothing was ever asked of the provider
	StatusPending    Status = "pending"    // the provider was asked; the outcome is not known
	StatusAuthorized Status = "authorized" // the amount is held
	StatusCaptured   Status = "captured"   // what was held was taken
	StatusDeclined   Status = "declined"
	StatusVoiding    Status = "voiding" // to be given back, not yet proved
	StatusVoided     Status = "voided"  // nothing is held any more

	StatusPartlyCaptured Status = "partially_captured" // something was taken, something is still held
	StatusPartlyRefunded Status = "partially_refunded"
	StatusRefunded       Status = "refunded" // all that was taken was given back
)

// Summary is the fold of a payment's operations.
type Summary struct {
	Status     Status
	CustomerID string
	// Amount that is held; of what was asked for last when nothing is.
	Money
	ProviderReference string
	UpdatedAt         time.Time
	// Unfinished counts the operations whose outcome or undo is not known yet.
	Unfinished int
	Totals
}

// rank of a status among those of several authorizations: the highest is the payment's. Of equals
// the last one counts.
var rank = map[Status]int{StatusVoiding: 1, StatusPending: 2, StatusCaptured: 3, StatusAuthorized: 4}

// Summary folds the operations.
func (p *Payment) Summary() Summary {
	s, taken := Summary{Status: StatusNone, UpdatedAt: p.CreatedAt, Totals: p.Totals()}, int64(0)
	for _, op := range p.Operations {
		for _, at := range []time.Time{op.AskedAt, op.SentAt, op.AnsweredAt} {
			if at.After(s.UpdatedAt) {
				s.UpdatedAt = at
			}
		}
		if op.Kind != Authorize {
			if op.Kind != Void && op.State == Sending {
				s.Unfinished++
			}
			if op.Kind == Capture && (op.State == Submitted || op.State == Succeeded) {
				taken += op.Request.Amount
			}
			continue
		}
		status := p.statusOf(op)
		if status == StatusPending || status == StatusVoiding {
			s.Unfinished++
		}
		if rank[status] < rank[s.Status] {
			continue
		}
		amount := op.Request.Amount
		if status == StatusAuthorized && s.Status == StatusAuthorized {
			amount += s.Amount
		}
		s.Status, s.CustomerID, s.ProviderReference = status, op.Request.CustomerID, op.ProviderReference
		s.Money = Money{Amount: amount, Currency: op.Request.Currency}
	}
	if taken > 0 && s.Status != StatusPending && s.Status != StatusVoiding {
		s.Status = s.statusOfTaken(taken)
	}
	return s
}

// statusOfTaken is the status once money was captured.
func (s Summary) statusOfTaken(taken int64) Status {
	switch {
	case s.Refunded >= taken:
		return StatusRefunded
	case s.Refunded > 0:
		return StatusPartlyRefunded
	case s.Open > 0:
		return StatusPartlyCaptured
	default:
		return StatusCaptured
	}
}

// Voiding tells whether an authorization is to be given back, and that is not proved yet.
func (p *Payment) Voiding(op *Operation) bool {
	return p.Operation(op.Step, Void) != nil && p.Undone(op.Step) != nil
}

func (p *Payment) statusOf(op *Operation) Status {
	switch op.State {
	case Captured:
		return StatusCaptured
	case Declined:
		return StatusDeclined
	case Sending, Authorized:
		switch {
		case p.Voiding(op):
			return StatusVoiding
		case op.State == Sending:
			return StatusPending
		default:
			return StatusAuthorized
		}
	default:
		return StatusVoided
	}
}
