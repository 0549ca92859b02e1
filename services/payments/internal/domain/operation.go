package domain

import "time"

// Kind of an operation.
type Kind string

const (
	Authorize Kind = "authorize" // hold an amount on a payment method
	Void      Kind = "void"      // give back what an authorization holds; the undo of authorize
	Capture   Kind = "capture"   // take an amount of an authorization
	Refund    Kind = "refund"    // give back an amount of a capture
	Dispute   Kind = "dispute"   // the shopper's bank took back an amount of a capture; nobody here asks for it
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
	Captured   State = "captured"   // an amount was taken that nobody here asked for
	Absent     State = "absent"     // to be undone, and not found within the lookup deadline

	// Of a void.
	Waiting   State = "waiting"   // it cannot be sent as long as the authorization is sending or captured
	Succeeded State = "succeeded" // nothing is held any more; of a capture or refund: the money has moved
	Needless  State = "needless"  // nothing was ever held, or all of it was captured

	// Of a capture or refund, besides sending and succeeded.
	Submitted State = "submitted" // the provider accepted it, and will say later whether it succeeded
	Failed    State = "failed"    // the money has not moved
	Reversed  State = "reversed"  // it failed after it had succeeded: the money was moved back

	// Of a dispute.
	Disputed State = "open" // the provider took the amount; the bank decides
	Won      State = "won"  // the amount came back
	Lost     State = "lost" // the shopper keeps it
)

// Operation is one thing that is done at the provider.
type Operation struct {
	ID    string // a UUID; what other operations and the ledger name it by
	Step  Step   // of an undo: the step that it undoes
	Kind  Kind
	Part  int // tells apart the refunds of one step, each of another capture; from 0
	State State
	Attempt

	Request           Request // zero for a void
	ProviderReference string
	// Why the provider refused it, or why it failed.
	DeclineCode, DeclineMessage string

	// Held is what the provider says an authorization holds, or held at first. It is another amount
	// than the requested one only while an operator has to look at it or an undo is giving it back.
	Held Money
	// Open is what can still be captured of an authorization, by the provider's last answer.
	Open int64
	// OpenChanges counts the changes of Open, for the ids of their ledger entries.
	OpenChanges int
	Terms

	// Of is the id of the authorization that is captured, or of the capture that is refunded or
	// disputed.
	Of string
	// Shipment is what a capture is for, and what a refund is of: an id of the caller's. Empty when
	// it is of no shipment.
	Shipment string
	// Accepted: a capture or refund was submitted or had succeeded at some time.
	Accepted bool
	// Final: a capture gives back what it leaves of the authorization.
	Final bool
	// Fee is what a dispute costs; of a capture, the part that the shop keeps as a fee, and of the
	// first refund of a step, what it kept back of a larger refund. In minor units of the currency of
	// the amount.
	Fee int64
}

// Terms are what the provider allows with one authorization: they differ from card to card.
type Terms struct {
	// MultiCapture: it can be captured in several parts.
	MultiCapture bool
	// PartialVoid: a part of it can be given back.
	PartialVoid bool
	// CaptureBefore is when it ends unless it was captured; zero when the provider does not say.
	CaptureBefore time.Time
	// StoredMethod is the provider's name for the payment method, to charge it again; empty when
	// the provider did not store it.
	StoredMethod string
	// Consent: the shopper agreed that the stored method is charged again.
	Consent bool
}

// mayHold is how much of the shopper's money the provider holds by an authorization, or may hold,
// or has taken without being asked, in minor units.
func (o *Operation) mayHold() int64 {
	switch o.State {
	case Sending, Captured:
		return o.Request.Amount
	case Authorized:
		return o.Open
	default:
		return 0
	}
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
	o.setOpen(f.open())
}

// setOpen takes what can still be captured, at most what was held, and counts the change.
func (o *Operation) setOpen(open int64) {
	open = max(0, min(open, o.Held.Amount))
	if o.Open != open {
		o.Open = open
		o.OpenChanges++
	}
}

// end concludes an undo, once.
func (o *Operation) end(c Caller, state State) {
	if o.State != state {
		o.conclude(c)
		o.State = state
	}
}
