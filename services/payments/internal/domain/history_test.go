package domain

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// world is one operation with everything that may happen around it: callers that die with a lease, answers that are
// late or lost, a provider that does what it was asked long after.
type world struct {
	t       *rapid.T
	op      *Operation
	now     time.Time
	actions []action // begun and not reported
	delayed bool     // a request to authorize is on its way that nobody waits for

	declines, charged, held bool // the provider's side
	undoAsked               bool
	callers                 int
}

type action struct {
	owner string
	do    Action
}

func (w *world) caller(owner string) Caller { return Caller{Owner: owner, Now: w.now, Policy: policy} }

func (w *world) newCaller() Caller {
	w.callers++
	return w.caller(fmt.Sprint("caller-", w.callers))
}

func (w *world) begin(owner string, next Action) {
	if next != Nothing && next != Wait {
		if w.op.Record().LeaseOwner != owner {
			w.t.Fatalf("%s is told to %s without the lease", owner, next)
		}
		w.actions = append(w.actions, action{owner, next})
	}
}

func (w *world) authorize() {
	c := w.newCaller()
	next, err := w.op.Authorize(c, request)
	assert.NoError(w.t, err)
	w.begin(c.Owner, next)
}

func (w *world) void() {
	w.undoAsked = true
	c := w.newCaller()
	w.begin(c.Owner, w.op.Void(c))
}

func (w *world) resume() {
	if due := w.op.Record().DueAt; due.IsZero() || w.now.Before(due) {
		return
	}
	c := w.newCaller()
	w.begin(c.Owner, w.op.Resume(c))
}

func (w *world) takeEffect() {
	w.delayed = false
	if !w.declines && !w.charged { // one key, one charge
		w.charged, w.held = true, true
	}
}

// carryOut does what the i-th action says, with the given luck, and reports it.
func (w *world) carryOut(i int, luck string) {
	a := w.actions[i]
	w.actions = append(w.actions[:i:i], w.actions[i+1:]...)
	if luck == "died" {
		if a.do == Send {
			w.delayed = true
		}
		return
	}
	w.begin(a.owner, w.op.Learn(w.caller(a.owner), w.finding(a.do, luck)))
}

func (w *world) finding(do Action, luck string) Finding {
	lost := errors.New("lost")
	switch {
	case do == Send && luck == "ok":
		w.takeEffect()
		if w.declines {
			return Finding{Kind: FoundDeclined, DeclineCode: "card_declined"}
		}
		return Finding{Kind: FoundAuthorized, ProviderReference: "auth_1"} // a replay says so even of what is voided
	case do == Send:
		w.delayed = true
		return Finding{Kind: NoAnswer, Err: lost}
	case do == LookUp && luck != "ok":
		return Finding{Kind: LookupFailed, Err: lost}
	case do == LookUp && w.held:
		return Finding{Kind: FoundAuthorized, ProviderReference: "auth_1"}
	case do == LookUp && w.charged:
		return Finding{Kind: FoundVoided, ProviderReference: "auth_1"}
	case do == LookUp:
		return Finding{Kind: NotFound}
	}
	if luck == "ok" || luck == "answer lost" {
		w.held = false
	}
	if luck != "ok" {
		return Finding{Kind: VoidFailed, Err: lost}
	}
	return Finding{Kind: FoundVoided, ProviderReference: "auth_1"}
}

// TestNothingStaysHeldAfterAnUndoWhateverHappened is invariant I2 for authorizations, over histories of all kinds.
func TestNothingStaysHeldAfterAnUndoWhateverHappened(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{t: t, op: NewOperation(step), now: t0, declines: rapid.Bool().Draw(t, "the card is declined")}
		t.Repeat(map[string]func(*rapid.T){
			"authorize": func(*rapid.T) { w.authorize() },
			"void":      func(*rapid.T) { w.void() },
			"resume":    func(*rapid.T) { w.resume() },
			"time": func(t *rapid.T) {
				w.now = w.now.Add(time.Duration(rapid.IntRange(1, 30).Draw(t, "seconds")) * time.Second)
			},
			"effect": func(*rapid.T) {
				// The lookup deadline is a promise about the provider: an effect later than that is the recheck's.
				if w.delayed {
					w.takeEffect()
				}
			},
			"report": func(t *rapid.T) {
				if len(w.actions) == 0 {
					t.Skip("nothing is under way")
				}
				i := rapid.IntRange(0, len(w.actions)-1).Draw(t, "which")
				w.carryOut(i, rapid.SampledFrom([]string{"ok", "answer lost", "request lost", "died"}).Draw(t, "luck"))
			},
			"": func(t *rapid.T) { assertSound(t, w.op) },
		})
		w.settle()
	})
}

// settle lets the world go on without mishaps and checks where it ends.
func (w *world) settle() {
	if w.delayed {
		w.takeEffect()
	}
	for range 100 {
		if w.undoAsked {
			w.void()
		}
		w.resume()
		for len(w.actions) > 0 {
			w.carryOut(0, "ok")
		}
		w.now = w.now.Add(policy.RetryAtMost)
	}
	r := w.op.Record()
	if w.undoAsked {
		assert.NoError(w.t, w.op.Undone(), "state %s", r.State)
		assert.False(w.t, w.held, "the amount is still held although the step is %s", r.State)
	}
	switch r.State {
	case Authorized:
		assert.True(w.t, w.held)
	case Declined:
		assert.False(w.t, w.held)
	}
	assert.True(w.t, r.DueAt.IsZero(), "the resolver is never done with %s", r.State)
}
