package domain

import "time"

// Kind of an operation.
type Kind string

const (
	Authorize Kind = "authorize" // hold an amount on a payment method
	Void      Kind = "void"      // give back what an authorization holds; the undo of authorize
)

// State is where an operation stands.
type State string

const (
	None State = "" // nobody asked for it

	// Sending, of every kind: the provider may have been asked; the outcome is not known.
	Sending State = "sending"

	// Of an authorization.
	Authorized State = "authorized" // the provider holds the amount
	Declined   State = "declined"   // the provider said no; nothing is held
	Voided     State = "voided"     // it was held and was given back
	Expired    State = "expired"    // it was held until its time was over
	Captured   State = "captured"   // the amount was taken, by nobody here
	Absent     State = "absent"     // to be undone, and not found within the lookup deadline

	// Of a void.
	Waiting   State = "waiting"   // it cannot be sent as long as the authorization is sending or captured
	Succeeded State = "succeeded" // nothing is held any more
	Needless  State = "needless"  // nothing was ever held
)

// Operation is one thing that is done at the provider.
type Operation struct {
	Step  Step // of an undo: the step that it undoes
	Kind  Kind
	State State
	Attempt

	// Of an authorization; zero for a void.
	Request           Request
	ProviderReference string
	// Held is what the provider says it holds, or held. It is another amount than the requested one
	// only while an operator has to look at it or an undo is giving it back.
	Held Money
	Terms
	DeclineCode, DeclineMessage string
}

// Terms are what the provider allows with one authorization: they differ from card to card.
type Terms struct {
	// MultiCapture: it can be captured in several parts.
	MultiCapture bool
	// CaptureBefore is when it ends unless it was captured; zero when the provider does not say.
	CaptureBefore time.Time
}

// holds tells whether it is an authorization whose amount the provider holds, or may hold.
func (o *Operation) holds() bool {
	return o.Kind == Authorize && (o.State == Sending || o.State == Authorized || o.State == Captured)
}

// settle takes the state that the provider says an authorization has, and ends the attempt.
func (o *Operation) settle(c Caller, f Finding) {
	before, since := o.State, o.AnsweredAt
	o.conclude(c)
	if before == Authorized { // when it was authorized stays known
		o.AnsweredAt = since
	}
	o.State = State(f.Kind)
	if o.State == Declined {
		o.DeclineCode, o.DeclineMessage = f.DeclineCode, f.DeclineMessage
	}
	if f.Reference != "" {
		o.ProviderReference, o.Held, o.Terms = f.Reference, f.Money, f.Terms
	}
}

// end concludes an undo, once.
func (o *Operation) end(c Caller, state State) {
	if o.State != state {
		o.conclude(c)
		o.State = state
	}
}
