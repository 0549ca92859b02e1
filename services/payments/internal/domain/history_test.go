package domain

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// world is one payment with everything that may happen around it: callers that die with a lease,
// answers that are late or lost, a provider that does what it was asked long after.
type world struct {
	t       *rapid.T
	payment *Payment
	now     time.Time
	actions []action // begun and not reported
	delayed bool     // a request to authorize is on its way that nobody waits for

	declines, charged, held bool  // the provider's side
	amount                  Money // what it holds, or held
	undoAsked               bool
	callers                 int
}

type action struct {
	owner string
	do    Task
}

func (w *world) caller(owner string) Caller { return Caller{Owner: owner, Now: w.now, Policy: policy} }

func (w *world) newCaller() Caller {
	w.callers++
	return w.caller(fmt.Sprint("caller-", w.callers))
}

func (w *world) begin(owner string, next Task) {
	if next.Calls() {
		if w.payment.Operation(step, next.Kind).LeaseOwner != owner {
			w.t.Fatalf("%s is told to %s without the lease", owner, next.Action)
		}
		w.actions = append(w.actions, action{owner, next})
	}
}

func (w *world) authorize() {
	c := w.newCaller()
	next, err := w.payment.Authorize(c, step, request, Due{})
	assert.NoError(w.t, err)
	w.begin(c.Owner, next)
}

func (w *world) void() {
	w.undoAsked = true
	c := w.newCaller()
	w.begin(c.Owner, w.payment.Void(c, step))
}

func (w *world) resume() {
	for _, op := range w.payment.Operations {
		if !op.DueAt.IsZero() && !w.now.Before(op.DueAt) {
			c := w.newCaller()
			w.begin(c.Owner, w.payment.Resume(c, op.Step))
			return
		}
	}
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
		if a.do.Action == Send && a.do.Kind == Authorize {
			w.delayed = true
		}
		return
	}
	w.begin(a.owner, w.payment.Learn(w.caller(a.owner), a.do, w.finding(a.do, luck)))
}

func (w *world) finding(do Task, luck string) Finding {
	lost := Finding{Kind: NoFact, Err: errors.New("lost")}
	switch {
	case do.Action == LookUp && luck != "ok":
		return lost
	case do.Action == LookUp && w.held:
		return w.says(FoundAuthorized)
	case do.Action == LookUp && w.charged:
		return w.says(FoundVoided)
	case do.Action == LookUp:
		return Finding{Kind: NotFound}
	case do.Kind == Authorize && luck == "ok":
		w.takeEffect()
		if w.declines {
			return Finding{Kind: FoundDeclined, DeclineCode: "card_declined"}
		}
		return w.says(FoundAuthorized) // a replay says so even of what is voided
	case do.Kind == Authorize:
		w.delayed = true
		return lost
	}
	if luck == "ok" || luck == "answer lost" {
		w.held = false
	}
	if luck != "ok" {
		return lost
	}
	return w.says(FoundVoided)
}

// says is what the provider says of the authorization, which may be one of another amount than was
// asked for.
func (w *world) says(kind FindingKind) Finding {
	return Finding{Kind: kind, OrderID: step.OrderID, Reference: "auth_1", Money: w.amount, Open: w.amount.Amount}
}

// TestNothingStaysHeldAfterAnUndoWhateverHappened is invariant I2 for authorizations, over
// histories of all kinds.
func TestNothingStaysHeldAfterAnUndoWhateverHappened(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{
			t: t, payment: &Payment{OrderID: step.OrderID}, now: t0,
			declines: rapid.Bool().Draw(t, "the card is declined"),
			amount:   Money{rapid.SampledFrom([]int64{1234, 1}).Draw(t, "held"), "GBP"},
		}
		t.Repeat(map[string]func(*rapid.T){
			"authorize": func(*rapid.T) { w.authorize() },
			"void":      func(*rapid.T) { w.void() },
			"resume":    func(*rapid.T) { w.resume() },
			"time": func(t *rapid.T) {
				w.now = w.now.Add(time.Duration(rapid.IntRange(1, 30).Draw(t, "seconds")) * time.Second)
			},
			"effect": func(*rapid.T) {
				// The lookup deadline is a promise about the provider: an effect later than that is
				// the recheck's.
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
			"": func(t *rapid.T) { assertSound(t, w.payment) },
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
	op := w.payment.Operation(step, Authorize)
	if w.undoAsked {
		assert.NoError(w.t, w.payment.Undone(step))
		assert.False(w.t, w.held, "the amount is still held although the step is undone")
	}
	if op == nil {
		return
	}
	switch op.State {
	case Authorized:
		assert.True(w.t, w.held)
		assert.Equal(w.t, request.Money, w.amount, "another amount than was asked for is confirmed")
	case Declined:
		assert.False(w.t, w.held)
	}
	for _, op := range w.payment.Operations {
		assert.True(w.t, op.DueAt.IsZero(), "the resolver is never done with %s %s", op.Kind, op.State)
	}
}
