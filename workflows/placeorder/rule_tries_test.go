package placeorder_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"google.golang.org/protobuf/proto"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
)

func TestAStuckSagaIsTriedEverMoreRarelyButEveryFiveMinutes(t *testing.T) {
	w := newWorld(t)
	var rounds []time.Time
	on(w, sagas.RecordConfirmed, func(attempt int, _ bool) error {
		if attempt%5 == 2 { // the local try, then rounds of five
			rounds = append(rounds, w.Now())
		}
		return until(80)(attempt, false)
	})
	require.Equal(t, sagas.StatusConfirmed, w.places(t).GetStatus())
	var last time.Duration
	for i := 1; i < len(rounds); i++ {
		pause := rounds[i].Sub(rounds[i-1])
		assert.GreaterOrEqual(t, pause+time.Second, last, "round %d", i)
		assert.Less(t, pause, 5*time.Minute+30*time.Second, "round %d: the pause with its five attempts", i)
		last = pause
	}
	assert.Greater(t, last, 5*time.Minute, "the pauses grow to five minutes")
}

// A saga may be stuck for weeks. Its history must not grow with them.
func TestEachRoundOfAStuckSagaIsARunOfItsOwn(t *testing.T) {
	w := newWorld(t)
	on(w, sagas.VoidPayment, until(100))
	on(w, sagas.AllocateStock, always(holdExpired))
	tries := map[int]int{}
	w.prepare = append(w.prepare, func(env *testsuite.TestWorkflowEnvironment, run int) {
		env.SetOnActivityStartedListener(func(*activity.Info, context.Context, converter.EncodedValues) { tries[run]++ })
	})
	w.places(t)
	assert.Equal(t, 20, w.runs)
	for run, n := range tries {
		assert.LessOrEqual(t, n, 8, "run %d", run)
	}
}

func TestAStuckSagaIsFoundByItsSearchAttributeUntilItGoesOn(t *testing.T) {
	w := newWorld(t)
	var states []string
	note := func(env *testsuite.TestWorkflowEnvironment, _ int) {
		env.OnUpsertTypedSearchAttributes(mock.Anything).Run(func(arguments mock.Arguments) {
			state, _ := arguments.Get(0).(temporal.SearchAttributes).GetKeyword(sagas.SagaState)
			states = append(states, state)
		}).Return(nil)
	}
	note(w.TestWorkflowEnvironment, 1)
	w.prepare = append(w.prepare, note)
	on(w, sagas.AllocateStock, always(holdExpired))
	on(w, sagas.VoidPayment, until(8))
	w.places(t)
	assert.Equal(t, []string{sagas.SagaUndoing, sagas.SagaStuck, sagas.SagaUndoing, sagas.SagaCompleted}, states)
}

func TestASagaThatCannotSayThatItIsStuckGoesOnAllTheSame(t *testing.T) {
	w := newWorld(t)
	on(w, sagas.RecordStuck, always(errBroken))
	on(w, sagas.RecordConfirmed, until(12))
	assert.Equal(t, sagas.StatusConfirmed, w.places(t).GetStatus())
	assert.Equal(t, w.runs, w.count[sagas.RecordStuck.Name]+1, "the service that records it may be the one that does not answer: each round tries once")
}

// The first step is finished, not undone: once the run exists the order was accepted, and who waits
// for it is told how it ended.
func TestACancelDuringTheFirstStepStillOpensTheOrder(t *testing.T) {
	w := newWorld(t)
	on(w, sagas.RecordPlaced, func(attempt int, _ bool) error {
		if attempt == 2 {
			w.CancelWorkflow()
		}
		return until(8)(attempt, false)
	})
	w.execute(t, sagas.PlaceOrder, input)
	assert.Equal(t, sagas.StatusCancelled, w.outcome(t).GetStatus())
	assert.Equal(t, refusals.Cancelled, w.outcome(t).GetRefusal().GetReason())
	assert.Equal(t, []string{sagas.RecordPlaced.Name, sagas.RecordTurnedBack.Name}, w.done()[:2])
	assert.Equal(t, sagas.RecordCancelled.Name, w.done()[len(w.done())-1])
}

// A worker of a newer build replays the histories of runs that began before it.
func TestARunOfAnOlderRevisionMakesNoLocalTryOfThePayment(t *testing.T) {
	for revision, want := range map[int32]bool{0: false, 1: false, sagas.PlaceOrderRevision: true} {
		w := newWorld(t)
		tried := false
		on(w, sagas.AuthorizePayment, func(_ int, local bool) error {
			tried = tried || local
			return nil
		})
		older := proto.CloneOf(input)
		older.Revision = revision
		w.execute(t, sagas.PlaceOrder, older)
		assert.Equal(t, sagas.StatusConfirmed, w.outcome(t).GetStatus())
		assert.Equal(t, want, tried, "revision %d", revision)
	}
}
