package domain

import (
	"fmt"
	"slices"
)

// Finding is what a task came to.
type Finding struct {
	Kind FindingKind
	// Of a fact: the authorization that the provider speaks of. What it does not repeat in an
	// answer is empty; it always repeats the amount of what is or was held.
	OrderID, Key, Reference string
	Money
	Terms
	// Open and Captured are what can still be captured, and what was, of the authorization, in
	// minor units: with each fact of an authorization and of a capture.
	Open, Captured int64
	// Ended is how the authorization of a capture ended, by which it cannot be captured any more:
	// FoundVoided or FoundExpired; empty when it has not.
	Ended FindingKind
	// Why, with FoundDeclined and FoundFailed.
	DeclineCode, DeclineMessage string
	// Why there is no fact; with NoFact and Unclear.
	Err error
}

// open is what a fact leaves to be captured of an authorization.
func (f Finding) open() int64 {
	if f.Kind == FoundAuthorized {
		return f.Open
	}
	return 0
}

// FindingKind says which of the columns of the package's tables a finding is. Facts are called as
// the states that they lead to.
type FindingKind string

const (
	FoundAuthorized = FindingKind(Authorized)
	FoundDeclined   = FindingKind(Declined)
	FoundVoided     = FindingKind(Voided)
	FoundExpired    = FindingKind(Expired)
	FoundCaptured   = FindingKind(Captured)

	// Of a capture or refund.
	FoundSubmitted = FindingKind(Submitted)
	FoundSucceeded = FindingKind(Succeeded)
	FoundFailed    = FindingKind(Failed)

	NotFound FindingKind = "not_found" // by a lookup
	Unclear  FindingKind = "unclear"   // the provider says something of it that we do not know
	NoFact   FindingKind = "no_fact"   // it may or may not have had its effect
)

// newIn are the states of an authorization in which a fact is new.
var newIn = map[FindingKind][]State{
	FoundAuthorized: {Sending, Declined, Absent},
	FoundDeclined:   {Sending, Absent},
	FoundVoided:     {Sending, Authorized, Absent, Captured},
	FoundExpired:    {Sending, Authorized, Absent},
	FoundCaptured:   {Sending, Authorized, Declined, Absent},
}

// Learn records what a task came to. Facts are recorded whoever brings them: a holder that was
// thought to be gone may come back with one. The end of an attempt matters only when its lease is
// still held.
func (p *Payment) Learn(c Caller, t Task, f Finding) Task {
	if t.Kind == Capture || t.Kind == Refund {
		return p.learnOfMovement(c, t, f)
	}
	op, undo := p.Operation(t.Step, Authorize), p.Operation(t.Step, Void)
	if p.knows(op, f) || !slices.Contains(newIn[f.Kind], op.State) {
		return p.learnNothing(c, t, f)
	}
	contradiction := op.contradiction(f)
	wanted := undo == nil && op.State == Sending
	if contradiction != nil && (wanted || !op.canGiveBack(f)) {
		op.Problem = contradiction.Error()
		if op.owns(f) && op.State != Authorized {
			op.Held = f.Money
		}
		return p.learnNothing(c, t, Finding{Kind: NoFact, Err: contradiction})
	}
	if undo == nil && op.State == Declined { // it was charged nevertheless
		undo = p.add(c, t.Step, Void, Waiting)
	}
	op.settle(c, f)
	switch {
	case contradiction != nil:
		op.Problem = contradiction.Error()
	case op.State == Captured:
		op.Problem = "the provider has captured it, and nobody here asked for that: refund it there"
	}
	switch {
	case undo == nil:
		return Task{}
	case op.State == Captured: // it cannot be voided: look again when an operator may have refunded it
		undo.release()
		undo.State = Waiting
		undo.retryLater(c)
		return Task{}
	default:
		return p.undo(c, t.Step)
	}
}

// owns tells whether a fact speaks of this authorization.
func (o *Operation) owns(f Finding) bool {
	return same(f.OrderID, o.Step.OrderID) && same(f.Key, o.Key) && same(f.Reference, o.ProviderReference)
}

// canGiveBack tells whether a fact names something that is ours and held, whatever the amount.
func (o *Operation) canGiveBack(f Finding) bool {
	return f.Kind == FoundAuthorized && f.Reference != "" && o.owns(f)
}

// same compares what both sides know.
func same(a, b string) bool { return a == "" || b == "" || a == b }

// contradiction of a fact with what was asked for. What is given back is what the provider held.
func (o *Operation) contradiction(f Finding) error {
	want := o.Request.Money
	switch f.Kind {
	case FoundAuthorized:
	case FoundVoided, FoundExpired:
		if o.State == Authorized || f.Money == o.Held {
			want = o.Held
		}
	default: // a decline says no amount, and what was captured is an operator's whatever it is
		want = f.Money
	}
	if !o.owns(f) || f.Money != want || (f.Kind == FoundAuthorized && f.Reference == "") {
		return fmt.Errorf("the provider says %s of %s under %q with key %q for order %q; ours is %s under %q with key %q",
			f.Kind, f.Text(), f.Reference, f.Key, f.OrderID, want.Text(), o.ProviderReference, o.Key)
	}
	return nil
}

// learnNothing ends an attempt that brought no new fact.
func (p *Payment) learnNothing(c Caller, t Task, f Finding) Task {
	op, undo, mine := p.Operation(t.Step, Authorize), p.Operation(t.Step, Void), p.Operation(t.Step, t.Kind)
	if mine.LeaseOwner != c.Owner {
		return Task{}
	}
	if f.Kind == Unclear {
		op.Problem = f.Err.Error()
	}
	if f.Err != nil {
		mine.LastError = fmt.Sprintf("%s %s: %v", t.Kind, t.Action, f.Err)
	}
	if t.Action == Send && f.Kind == NoFact {
		return p.lookUp(c, mine)
	}
	absent := f.Kind == NotFound && !c.Now.Before(op.SentAt.Add(c.Policy.LookupDeadline))
	mine.release()
	switch {
	case mine == undo:
		undo.retryLater(c)
	case op.State == Absent:
		if f.Kind != NotFound {
			op.retryLater(c)
		}
	case undo == nil:
		if absent && op.keyIsOld(c) {
			op.Problem = "it is not found at the provider, and too old to be sent again"
		}
	case absent && op.State == Sending:
		op.end(c, Absent)
		op.DueAt = c.Now.Add(c.Policy.RecheckAfter)
		undo.end(c, Needless)
	default:
		undo.retryLater(c)
	}
	return Task{}
}
