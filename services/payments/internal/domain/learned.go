package domain

import (
	"fmt"
	"time"
)

// Finding is what an attempt at the provider came to.
type Finding struct {
	Kind FindingKind
	// ProviderReference goes with FoundAuthorized and FoundVoided.
	ProviderReference string
	// DeclineCode and DeclineMessage go with FoundDeclined.
	DeclineCode, DeclineMessage string
	// Err goes with the others: why there is no fact.
	Err error
}

// FindingKind says which of the columns of the package's tables a finding is.
type FindingKind string

const (
	FoundAuthorized FindingKind = "authorized"
	FoundDeclined   FindingKind = "declined"
	FoundVoided     FindingKind = "voided"
	NoAnswer        FindingKind = "no_answer" // to the request to authorize: it may or may not have had its effect
	NotFound        FindingKind = "not_found" // by a lookup
	LookupFailed    FindingKind = "lookup_failed"
	VoidFailed      FindingKind = "void_failed" // it may or may not have had its effect
)

// Learn records a finding. Facts are recorded whoever brings them: a holder that was thought to be gone may come back
// with one. The end of an attempt matters only when its lease is still held.
func (o *Operation) Learn(c Caller, f Finding) Action {
	switch f.Kind {
	case FoundAuthorized:
		return o.learnAuthorized(c, f)
	case FoundDeclined:
		return o.learnDeclined(c, f)
	case FoundVoided:
		return o.learnVoided(c, f)
	default:
		return o.learnNothing(c, f)
	}
}

func (o *Operation) learnAuthorized(c Caller, f Finding) Action {
	switch o.r.State {
	case Sending:
		o.answered(c)
		o.r.State, o.r.ProviderReference = Authorized, f.ProviderReference
		o.release()
		return Nothing
	case Declined, VoidRequested, NeverCharged:
		o.answered(c)
		o.r.State, o.r.ProviderReference, o.r.UndoneAt = Voiding, f.ProviderReference, time.Time{}
		return o.proceed(c)
	case Voiding:
		return o.proceed(c)
	default:
		return Nothing
	}
}

func (o *Operation) learnDeclined(c Caller, f Finding) Action {
	switch o.r.State {
	case Sending, VoidRequested, NeverCharged:
		o.answered(c)
		o.r.State, o.r.DeclineCode, o.r.DeclineMessage = Declined, f.DeclineCode, f.DeclineMessage
		o.release()
	}
	return Nothing
}

func (o *Operation) learnVoided(c Caller, f Finding) Action {
	switch o.r.State {
	case Sending, Authorized, VoidRequested, Voiding, NeverCharged:
		o.answered(c)
		o.r.State, o.r.ProviderReference, o.r.UndoneAt = Voided, f.ProviderReference, c.Now
		o.release()
	}
	return Nothing
}

func (o *Operation) learnNothing(c Caller, f Finding) Action {
	if o.r.LeaseOwner != c.Owner || o.r.LeaseOwner == "" {
		return Nothing
	}
	if f.Err != nil {
		o.r.LastError = fmt.Sprintf("%s: %v", f.Kind, f.Err)
	}
	if f.Kind == NoAnswer && o.take(c) {
		switch o.r.State {
		case Sending, VoidRequested:
			return LookUp
		case Voiding: // another one learned meanwhile that there is something to give back
			return GiveBack
		}
	}
	o.release()
	switch o.r.State {
	case VoidRequested:
		if f.Kind == NotFound && !c.Now.Before(o.r.SentAt.Add(c.Policy.LookupDeadline)) {
			o.r.State, o.r.UndoneAt, o.r.Failures = NeverCharged, c.Now, 0
			o.r.DueAt = c.Now.Add(c.Policy.RecheckAfter)
			return Nothing
		}
		o.retryLater(c)
	case Voiding:
		o.retryLater(c)
	case NeverCharged:
		if f.Kind != NotFound {
			o.retryLater(c)
		}
	}
	return Nothing
}

func (o *Operation) answered(c Caller) {
	o.r.Failures, o.r.LastError = 0, ""
	if o.r.AnsweredAt.IsZero() {
		o.r.AnsweredAt = c.Now
	}
}

// retryLater tells the resolver when to try again: twice as late with each failure, up to the policy's bound.
func (o *Operation) retryLater(c Caller) {
	pause := c.Policy.RetryAtMost
	if o.r.Failures < 30 { // beyond that the shift would overflow
		pause = min(pause, c.Policy.RetryAfter<<o.r.Failures)
	}
	o.r.Failures++
	o.r.DueAt = c.Now.Add(pause)
}

func (o *Operation) release() {
	o.r.LeaseOwner, o.r.LeaseUntil, o.r.DueAt = "", time.Time{}, time.Time{}
}
