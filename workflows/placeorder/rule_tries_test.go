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

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
)

// A task that takes longer than its timeout is given to another worker, and all its
// local tries are made again.
func TestTheLocalTriesOfOneTaskStayUnderTwoSeconds(t *testing.T) {
	w := newWorld(t)
	var together, most time.Duration
	w.SetOnLocalActivityStartedListener(func(_ *activity.Info, ctx context.Context, _ []any) {
		deadline, bounded := ctx.Deadline()
		assert.True(t, bounded, "a local try has a bound")
		together += time.Until(deadline)
		most = max(most, together)
	})
	w.SetOnActivityStartedListener(func(*activity.Info, context.Context, converter.EncodedValues) { together = 0 })
	require.Equal(t, sagas.StatusConfirmed, w.places(t).Status)
	assert.NotZero(t, most, "internal steps are tried locally")
	assert.LessOrEqual(t, most, 2*time.Second)
	assert.Less(t, 2*time.Second, sagas.WorkflowTaskTimeout)
}

func TestAStuckSagaIsTriedEverMoreRarelyButEveryFiveMinutes(t *testing.T) {
	w := newWorld(t)
	var rounds []time.Time
	w.on(sagas.ConfirmOrder, func(attempt int, local bool) error {
		if attempt%5 == 2 { // the local try, then rounds of five
			rounds = append(rounds, w.Now())
		}
		if attempt < 80 {
			return errBroken
		}
		return nil
	})
	require.Equal(t, sagas.StatusConfirmed, w.places(t).Status)
	var last time.Duration
	for i := 1; i < len(rounds); i++ {
		pause := rounds[i].Sub(rounds[i-1])
		assert.GreaterOrEqual(t, pause, last, "round %d", i)
		assert.Less(t, pause, 5*time.Minute+30*time.Second, "round %d: the pause with its five attempts", i)
		last = pause
	}
	assert.Greater(t, last, 5*time.Minute, "the pauses grow to five minutes")
}

func TestAStuckSagaIsFoundByItsSearchAttributeUntilItGoesOn(t *testing.T) {
	w := newWorld(t)
	var states []string
	w.OnUpsertTypedSearchAttributes(mock.Anything).Run(func(arguments mock.Arguments) {
		state, _ := arguments.Get(0).(temporal.SearchAttributes).GetKeyword(sagas.SagaState)
		states = append(states, state)
	}).Return(nil)
	w.on(sagas.AllocateStock, always(holdExpired))
	w.on(sagas.VoidPayment, func(attempt int, _ bool) error {
		if attempt < 8 {
			return errBroken
		}
		return nil
	})
	w.places(t)
	assert.Equal(t, []string{sagas.SagaUndoing, sagas.SagaStuck, sagas.SagaUndoing, sagas.SagaCompleted}, states)
}

func TestASagaThatCannotSayThatItIsStuckGoesOnAllTheSame(t *testing.T) {
	w := newWorld(t)
	w.on(sagas.MarkStuck, always(errBroken))
	w.on(sagas.ConfirmOrder, func(attempt int, _ bool) error {
		if attempt < 12 {
			return errBroken
		}
		return nil
	})
	assert.Equal(t, sagas.StatusConfirmed, w.places(t).Status)
	assert.Equal(t, 1, w.count[sagas.MarkStuck], "the service that records it may be the one that is away")
}

func TestARefusedUndoHidesNothingAndHoldsNothingUp(t *testing.T) {
	w := newWorld(t)
	w.on(sagas.AllocateStock, always(holdExpired))
	w.on(sagas.VoidPayment, always(declined))
	outcome := w.places(t)
	require.NotNil(t, outcome.Refusal)
	assert.Equal(t, refusals.HoldExpired, outcome.Refusal.Reason, "the first failure")
	assert.Equal(t, []string{sagas.StartCompensation, sagas.VoidPayment, sagas.ReleaseStock, sagas.RejectOrder}, w.done()[4:])
}

// The first step is finished, not undone: once the run exists the order was
// accepted, and who waits for it is told how it ended.
func TestACancelDuringTheFirstStepStillOpensTheOrder(t *testing.T) {
	w := newWorld(t)
	w.on(sagas.RecordPlaced, func(attempt int, _ bool) error {
		if attempt == 2 {
			w.CancelWorkflow()
		}
		if attempt < 8 {
			return errBroken
		}
		return nil
	})
	a := w.asks(t, "place-aa11", "aa11")
	w.ExecuteWorkflow(sagas.PlaceOrder, input)
	require.True(t, w.IsWorkflowCompleted())
	assert.Equal(t, sagas.StatusCancelled, a.outcome.Status, "%v", a.err)
	assert.Equal(t, []string{sagas.RecordPlaced, sagas.StartCompensation, sagas.CancelOrder}, w.done())
}
