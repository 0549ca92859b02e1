package domain

import (
	"errors"
	"time"
)

// State is where an operation stands.
type State string

const (
	None          State = ""               // nothing was ever asked
	Sending       State = "sending"        // the provider may have been asked; the outcome is not known
	Authorized    State = "authorized"     // the provider holds the amount
	Declined      State = "declined"       // the provider said no; nothing is held
	VoidRequested State = "void_requested" // undone while the outcome was unknown
	Voiding       State = "voiding"        // undone; the provider holds the amount and is being told to give it back
	Voided        State = "voided"         // undone; the provider gave the amount back
	NeverCharged  State = "never_charged"  // undone; the provider never heard of it within the lookup deadline
	Tombstone     State = "tombstone"      // undone before it was asked for
)

// States lists every state that is kept.
func States() []State {
	return []State{Sending, Authorized, Declined, VoidRequested, Voiding, Voided, NeverCharged, Tombstone}
}

// Action is what the caller of a verb has to do next.
type Action string

const (
	Nothing  Action = ""         // the state is the answer
	Wait     Action = "wait"     // another holds the lease: ask again later
	Send     Action = "send"     // ask the provider to authorize, with the operation's idempotency key
	LookUp   Action = "lookup"   // ask the provider what it knows under the idempotency key
	GiveBack Action = "giveback" // tell the provider to void
)

// Errors of an operation, for the caller of the service.
var (
	// ErrUnknown means that the outcome is not known yet: ask again, it never charges twice.
	ErrUnknown = errors.New("the outcome at the payment provider is not known yet")
	// ErrUndone refuses an authorization that came after its undo.
	ErrUndone = errors.New("the step was undone and cannot be done any more")
	// ErrOtherRequest refuses a step that was asked for before with another amount, customer or payment method.
	ErrOtherRequest = errors.New("the step was asked for before with another request")
)

// DeclinedError is the provider's no.
type DeclinedError struct {
	Code    string // the provider's: "insufficient_funds"
	Message string // may be shown to the shopper
}

func (e *DeclinedError) Error() string { return "declined: " + e.Code + ": " + e.Message }

// Policy are the times of an operation.
type Policy struct {
	// Lease is for how long one action may take. It exceeds the time-out of a provider call, with time to record.
	Lease time.Duration
	// LookupDeadline is how long after the last sending "not found" proves nothing.
	LookupDeadline time.Duration
	// RetryAfter is the resolver's first pause after a failure; it doubles up to RetryAtMost.
	RetryAfter, RetryAtMost time.Duration
	// RecheckAfter is when an operation that was never charged is looked at once more.
	RecheckAfter time.Duration
}

// Caller is who asks, and when, by the database's clock.
type Caller struct {
	Owner  string // unique to one attempt; what a lease is held by
	Now    time.Time
	Policy Policy
}

// Operation is one authorization at the provider, and its undo.
type Operation struct{ r Record }

// Record is an operation as it is stored. Times are zero when they have not come.
type Record struct {
	Step    Step
	State   State
	Request Request // zero for a tombstone
	Key     string  // the idempotency key at the provider; empty for a tombstone

	LeaseOwner string
	LeaseUntil time.Time
	DueAt      time.Time // when the resolver is to resume it

	Sends     int    // requests to authorize, all with the same idempotency key
	Failures  int    // of the resolver and of undos, since the last success
	LastError string // of the last attempt that failed

	ProviderReference string
	DeclineCode       string
	DeclineMessage    string

	IntentAt        time.Time // the first time it was asked for
	SentAt          time.Time // the last sending began
	AnsweredAt      time.Time // authorized or declined became known
	UndoRequestedAt time.Time
	UndoneAt        time.Time
}

// NewOperation is an operation nobody has asked for.
func NewOperation(step Step) *Operation { return &Operation{Record{Step: step}} }

// Restore makes an operation of what was stored.
func Restore(r Record) *Operation { return &Operation{r} }

// Record is what to store.
func (o *Operation) Record() Record { return o.r }

// State is where the operation stands.
func (o *Operation) State() State { return o.r.State }

// VoidKey is the idempotency key of the operation's undo.
func (o *Operation) VoidKey() string { return digest(o.r.Key + "/void") }

// Authorized answers a request to authorize: nil when the amount is held, or DeclinedError, ErrUndone
// or ErrUnknown.
func (o *Operation) Authorized() error {
	switch o.r.State {
	case Authorized:
		return nil
	case None, Sending:
		return ErrUnknown
	}
	// A refusal is kept, even when the provider that said no had charged nevertheless.
	if o.r.DeclineCode != "" {
		return &DeclinedError{Code: o.r.DeclineCode, Message: o.r.DeclineMessage}
	}
	return ErrUndone
}

// Undone answers a request to void: nil when nothing is held and nothing can be any more, ErrUnknown until then.
func (o *Operation) Undone() error {
	switch o.r.State {
	case Declined, Voided, NeverCharged, Tombstone:
		return nil
	default:
		return ErrUnknown
	}
}
