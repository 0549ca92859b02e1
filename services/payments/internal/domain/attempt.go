package domain

import "time"

// Action is what the caller of a verb has to do next.
type Action string

const (
	Nothing Action = ""       // the state is the answer
	Wait    Action = "wait"   // another one holds the lease: ask again later
	Send    Action = "send"   // send the operation's request, with its idempotency key
	LookUp  Action = "lookup" // ask the provider what became of the authorization
)

// Policy are the times of an operation.
type Policy struct {
	// Lease is for how long one action may take. It exceeds the time-out of a provider call, with
	// time to record.
	Lease time.Duration
	// KeyLifetime is for how long the provider remembers an idempotency key; 0 is for ever.
	KeyLifetime time.Duration
	// LookupDeadline is how long after the last sending "not found" proves nothing.
	LookupDeadline time.Duration
	// RetryAfter is the resolver's first pause after a failure; it doubles up to RetryAtMost.
	RetryAfter, RetryAtMost time.Duration
	// PollAtMost bounds the pauses between two looks at a capture or refund that is submitted.
	PollAtMost time.Duration
	// RecheckAfter is when an authorization that was never made is looked for once more.
	RecheckAfter time.Duration
}

// keyMargin is kept from the end of a key's lifetime: a request must not be on its way for so long
// that it arrives as a new one.
const keyMargin = time.Hour

// Caller is who asks, and when, by the database's clock.
type Caller struct {
	Owner  string // unique to one call of the service; what a lease is held by
	Now    time.Time
	Policy Policy
}

// Attempt is the one machine by which every kind of operation reaches the provider: send, with one
// idempotency key and one caller at a time; without an answer look up; conclude. Times are zero
// when they have not come.
type Attempt struct {
	Key        string // the idempotency key, at most 64 characters
	LeaseOwner string
	LeaseUntil time.Time
	DueAt      time.Time // when the resolver is to carry on

	Sends      int       // requests, all with the same key
	AskedAt    time.Time // the first time it was asked for; nothing was sent before
	SentAt     time.Time // the last sending began
	AnsweredAt time.Time // its outcome became known

	Failures  int    // since the last success, of what the resolver repeats
	LastError string // of the last attempt that failed
	Problem   string // why an operator has to look at it; empty when nobody has to
}

// send takes the lease to send the request. Once the provider may have forgotten the key, the same
// request would be a new one: then it is only looked up.
func (a *Attempt) send(c Caller) Action {
	if a.Sends > 0 && a.keyIsOld(c) {
		return a.lookUp(c)
	}
	return a.sendRegardlessOfKey(c)
}

// sendRegardlessOfKey is for requests that ask for a state and not for a movement: however often
// and however late they come, they do the same.
func (a *Attempt) sendRegardlessOfKey(c Caller) Action {
	if !a.take(c) {
		return Wait
	}
	a.Sends++
	a.SentAt = c.Now
	return Send
}

func (a *Attempt) keyIsOld(c Caller) bool {
	return c.Policy.KeyLifetime > 0 && !c.Now.Before(a.AskedAt.Add(c.Policy.KeyLifetime-keyMargin))
}

func (a *Attempt) lookUp(c Caller) Action {
	if !a.take(c) {
		return Wait
	}
	return LookUp
}

// take gives the caller the lease unless another one has it.
func (a *Attempt) take(c Caller) bool {
	if a.LeaseOwner != "" && a.LeaseOwner != c.Owner && c.Now.Before(a.LeaseUntil) {
		return false
	}
	a.LeaseOwner, a.LeaseUntil = c.Owner, c.Now.Add(c.Policy.Lease)
	return true
}

// retryLater tells the resolver when to carry on: twice as late with each failure, up to the
// policy's bound.
func (a *Attempt) retryLater(c Caller) {
	pause := c.Policy.RetryAtMost
	if a.Failures < 30 { // beyond that the shift would overflow
		pause = min(pause, c.Policy.RetryAfter<<a.Failures)
	}
	a.Failures++
	a.DueAt = c.Now.Add(pause)
}

// conclude ends the attempt with a fact: nobody works on it any more.
func (a *Attempt) conclude(c Caller) {
	a.release()
	a.AnsweredAt, a.Failures, a.LastError, a.Problem = c.Now, 0, "", ""
}

func (a *Attempt) release() { a.LeaseOwner, a.LeaseUntil, a.DueAt = "", time.Time{}, time.Time{} }
