package placeorder_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
)

// answer of an update, as its caller sees it.
type answer struct {
	t        *testing.T
	outcome  sagas.Outcome
	err      error
	answered bool
}

func (a *answer) Accept()          {}
func (a *answer) Reject(err error) { a.err, a.answered = err, true }
func (a *answer) Complete(success any, err error) {
	a.err, a.answered = err, true
	if outcome, ok := success.(sagas.Outcome); ok {
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
	w.on(sagas.AuthorizePayment, always(declined))
	first, second := w.asks(t, "place-aa11", "aa11"), w.asks(t, "place-again", "aa11")
	outcome := w.places(t)
	for _, a := range []*answer{first, second} {
		require.True(t, a.answered, "updates are drained before the workflow returns")
		require.NoError(t, a.err)
		assert.Equal(t, outcome, a.outcome)
	}
}

func TestAnotherRequestUnderTheSameKeyIsRefused(t *testing.T) {
	w := newWorld(t)
	other := w.asks(t, "place-bb22", "bb22")
	assert.Equal(t, sagas.StatusConfirmed, w.places(t).Status, "the first request goes on")
	r, ok := sagas.RefusalOf(other.err)
	require.True(t, ok, "got %v", other.err)
	assert.Equal(t, refusals.RequestMismatch, r.Reason)
}

func TestTheWaitOutlivesACancelUntilEverythingIsUndone(t *testing.T) {
	w := newWorld(t)
	a := w.asks(t, "place-aa11", "aa11")
	w.on(sagas.AuthorizePayment, always(errBroken))
	w.RegisterDelayedCallback(w.CancelWorkflow, time.Second)
	w.ExecuteWorkflow(sagas.PlaceOrder, input)
	require.NoError(t, a.err)
	assert.Equal(t, sagas.StatusCancelled, a.outcome.Status)
}
