package placeorder_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
)

// answer of an update, as its caller sees it.
type answer struct {
	t        *testing.T
	outcome  *commonv1.Outcome
	err      error
	answered bool
}

func (a *answer) Accept()          {}
func (a *answer) Reject(err error) { a.err, a.answered = err, true }
func (a *answer) Complete(success any, err error) {
	a.err, a.answered = err, true
	if outcome, ok := success.(*commonv1.Outcome); ok {
		a.outcome = outcome
	}
}

// asks sends an update with the first workflow task, as Update-with-Start does.
func (w *world) asks(t *testing.T, id, hash string) *answer {
	a := &answer{t: t}
	w.RegisterDelayedCallback(func() {
		w.UpdateWorkflow(sagas.UpdatePlace, id, a, sagas.PlaceRequest{RequestHash: hash})
	}, 0)
	return a
}

func TestEveryoneWhoWaitsGetsTheOutcome(t *testing.T) {
	w := newWorld(t)
	on(w, sagas.AuthorizePayment, always(declined))
	first, second := w.asks(t, "place-aa11", "aa11"), w.asks(t, "place-again", "aa11")
	outcome := w.places(t)
	for _, a := range []*answer{first, second} {
		require.True(t, a.answered, "updates are drained before the workflow returns")
		require.NoError(t, a.err)
		assertOutcome(t, outcome, a.outcome)
	}
}

func TestAnotherRequestUnderTheSameKeyIsRefused(t *testing.T) {
	w := newWorld(t)
	other := w.asks(t, "place-bb22", "bb22")
	assert.Equal(t, sagas.StatusConfirmed, w.places(t).GetStatus(), "the first request goes on")
	r, ok := sagas.RefusalOf(other.err)
	require.True(t, ok, "got %v", other.err)
	assert.Equal(t, refusals.RequestMismatch, r.Reason)
}

func TestTheWaitOutlivesACancelUntilEverythingIsUndone(t *testing.T) {
	w := newWorld(t)
	a := w.asks(t, "place-aa11", "aa11")
	on(w, sagas.AuthorizePayment, always(errBroken))
	w.RegisterDelayedCallback(w.CancelWorkflow, time.Second)
	w.execute(t, sagas.PlaceOrder, input)
	require.NoError(t, a.err)
	assert.Equal(t, sagas.StatusCancelled, a.outcome.GetStatus())
}

// Who waits is not lost when the saga goes on in another run.
func TestWhoWaitsForASagaThatGetsStuckIsToldThatItGoesOn(t *testing.T) {
	w := newWorld(t)
	a := w.asks(t, "place-aa11", "aa11")
	on(w, sagas.RecordConfirmed, until(8))
	assert.Equal(t, sagas.StatusConfirmed, w.places(t).GetStatus())
	require.NoError(t, a.err)
	assert.Equal(t, sagas.StatusPlaced, a.outcome.GetStatus())
}

// The pause of a stuck saga grows to five minutes; who has mended the cause does not wait for it.
func TestAPauseEndsWhenTheSagaIsWoken(t *testing.T) {
	w := newWorld(t)
	woken := &answer{t: t}
	var slept time.Duration
	w.prepare = append(w.prepare, func(env *testsuite.TestWorkflowEnvironment, run int) {
		if run != 9 { // the pause of its round is above four minutes
			return
		}
		begin := env.Now()
		env.RegisterDelayedCallback(func() { env.UpdateWorkflow(sagas.UpdateWake, "wake", woken) }, time.Second)
		on(w, sagas.RecordConfirmed, func(int, bool) error {
			slept = env.Now().Sub(begin)
			return nil
		})
	})
	on(w, sagas.RecordConfirmed, always(errBroken))
	assert.Equal(t, sagas.StatusConfirmed, w.places(t).GetStatus())
	require.True(t, woken.answered)
	require.NoError(t, woken.err)
	assert.Less(t, slept, 30*time.Second)
}
