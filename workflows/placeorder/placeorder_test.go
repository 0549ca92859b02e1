package placeorder_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"google.golang.org/protobuf/proto"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/workflows/placeorder"
	"github.com/ordersaga/ordersaga/workflows/saga"
)

// forward is the way of an order that meets no obstacle.
var forward = []string{
	sagas.RecordPlaced.Name, sagas.ReserveStock.Name, sagas.AuthorizePayment.Name, sagas.AllocateStock.Name, sagas.RecordConfirmed.Name,
}

// back is the way back of an order from behind a step: undos run in parallel, so their order here
// is the order in which they are begun.
func back(undos ...string) []string {
	return slices.Concat([]string{sagas.RecordTurnedBack.Name}, undos, []string{sagas.RecordRejected.Name})
}

var both = []string{sagas.ReleaseStock.Name, sagas.VoidPayment.Name}

func assertOutcome(t *testing.T, want, have *commonv1.Outcome) {
	t.Helper()
	assert.True(t, proto.Equal(want, have), "want %v\nhave %v", want, have)
}

func TestTheStoryIsListedInItsOrder(t *testing.T) {
	assert.Equal(t, []saga.Listed{
		{Role: saga.RoleBegin, Activity: "RecordPlaced"},
		{Role: saga.RoleDo, Step: "reserve-stock", Activity: "ReserveStock", Undo: "ReleaseStock"},
		{Role: saga.RoleDo, Step: "authorize-payment", Activity: "AuthorizePayment", Undo: "VoidPayment"},
		{Role: saga.RoleDo, Step: "allocate-stock", Activity: "AllocateStock"},
		{Role: saga.RolePivot, Activity: "RecordConfirmed"},
		{Role: saga.RoleTurnBack, Activity: "RecordTurnedBack"},
		{Role: saga.RoleEnd, Activity: "RecordRejected"},
		{Role: saga.RoleEnd, Activity: "RecordCancelled"},
	}, saga.List(placeorder.Saga))
}

func TestAnOrderIsConfirmed(t *testing.T) {
	w := newWorld(t)
	assertOutcome(t, &commonv1.Outcome{Status: sagas.StatusConfirmed}, w.places(t))
	assert.Equal(t, forward, w.done())
	confirmed := w.inputs[sagas.RecordConfirmed.Name].(*ordersv1.RecordConfirmedRequest)
	require.Len(t, confirmed.GetFacts(), 2, "the pivot records what the steps before it did")
	assert.Equal(t, reservedAt.AsTime(), confirmed.GetFacts()[0].GetAt().AsTime(), "by the clock of the service")
	assert.Equal(t, "pay-1", confirmed.GetFacts()[1].GetPaymentAuthorized().GetPaymentId())
}

func TestARefusalIsAnOutcomeWithItsReasonAndUndoesOnlyWhatWasDone(t *testing.T) {
	for _, test := range []struct {
		step   string
		answer error
		undos  []string
	}{
		{sagas.ReserveStock.Name, outOfStock, nil},
		{sagas.AuthorizePayment.Name, declined, both[:1]},
		{sagas.AllocateStock.Name, holdExpired, both},
	} {
		t.Run(test.step, func(t *testing.T) {
			w := newWorld(t)
			w.decide[test.step] = always(test.answer)
			outcome := w.places(t)
			want, _ := sagas.RefusalOf(test.answer)
			assertOutcome(t, &commonv1.Outcome{Status: sagas.StatusRejected, Refusal: sagas.RefusalMessage(want)}, outcome)
			assert.Equal(t, 1, w.count[test.step], "a refusal is not retried")
			upTo := forward[:slices.Index(forward, test.step)+1]
			assert.Equal(t, slices.Concat(upTo, back(test.undos...)), w.done(), "the rejection after all undos")
		})
	}
}

func TestAnOrderThatWasTurnedBackMeanwhileIsNotConfirmed(t *testing.T) {
	w := newWorld(t)
	why := &commonv1.Refusal{Reason: refusals.HoldExpired, Message: "kept from the compensation"}
	w.answers[sagas.RecordConfirmed.Name] = func(proto.Message) proto.Message {
		return &ordersv1.RecordConfirmedResponse{Direction: turnedBack(why)}
	}
	assertOutcome(t, &commonv1.Outcome{Status: sagas.StatusRejected, Refusal: why}, w.places(t))
	assert.Equal(t, slices.Concat(forward, back(both...)), w.done())
}

// A refusal that is about this request proves nothing of another attempt, which may have charged.
func TestARefusalOfTheRequestDoesNotDropTheUndo(t *testing.T) {
	for _, reason := range []string{refusals.RequestMismatch, refusals.InvalidRequest, refusals.StepUndone} {
		t.Run(reason, func(t *testing.T) {
			w := newWorld(t)
			on(w, sagas.AuthorizePayment, always(sagas.RefusalError(sagas.FromMessage(&commonv1.Refusal{Reason: reason, Message: "no"}))))
			assert.Equal(t, reason, w.places(t).GetRefusal().GetReason())
			assert.Equal(t, slices.Concat(forward[:3], back(both...)), w.done())
		})
	}
}

func TestTheUndoIsRegisteredBeforeTheDoIsTried(t *testing.T) {
	// Authorize never answers properly. It may have charged all the same, so its undo must run.
	w := newWorld(t)
	on(w, sagas.AuthorizePayment, always(errBroken))
	outcome := w.places(t)
	assert.Equal(t, sagas.StatusRejected, outcome.GetStatus())
	assert.Equal(t, refusals.StepTimedOut, outcome.GetRefusal().GetReason())
	assert.JSONEq(t, `{"step":"AuthorizePayment"}`, outcome.GetRefusal().GetDetails())
	assert.Equal(t, slices.Concat(forward[:3], back(both...)), w.done())
	rejected := w.inputs[sagas.RecordRejected.Name].(*ordersv1.RecordRejectedRequest)
	assert.Contains(t, fmt.Sprint(rejected.GetFacts()), "payment_voided", "what the undo learned is told to the order")
}

func TestAStepBeforeThePivotHasADeadline(t *testing.T) {
	for _, step := range forward[1:4] {
		t.Run(step, func(t *testing.T) {
			w := newWorld(t)
			w.decide[step] = always(errBroken)
			begin := w.Now()
			outcome := w.places(t)
			assert.Equal(t, refusals.StepTimedOut, outcome.GetRefusal().GetReason())
			assert.Less(t, w.Now().Sub(begin), 5*time.Minute, "business time until the saga gave up")
		})
	}
}

// The lost task of an order may have done the steps that its repetition passes over.
func TestAStepThatIsPassedOverByACancelIsUndone(t *testing.T) {
	w := newWorld(t)
	w.prepare = append(w.prepare, func(env *testsuite.TestWorkflowEnvironment, _ int) {})
	on(w, sagas.RecordPlaced, func(int, bool) error {
		w.CancelWorkflow()
		return nil
	})
	w.execute(t, sagas.PlaceOrder, input)
	assert.Equal(t, sagas.StatusCancelled, w.outcome(t).GetStatus())
	assert.Subset(t, w.done(), both, "steps that were not tried in this task are undone")
	assert.NotContains(t, w.done(), sagas.ReserveStock.Name)
}

func TestAnInternalStepIsTriedLocallyOnceThenRegularly(t *testing.T) {
	for _, step := range []string{forward[0], forward[1], forward[3], forward[4]} {
		t.Run(step, func(t *testing.T) {
			w := newWorld(t)
			var locals []bool
			w.decide[step] = func(attempt int, local bool) error {
				locals = append(locals, local)
				return until(3)(attempt, local)
			}
			assert.Equal(t, sagas.StatusConfirmed, w.places(t).GetStatus())
			assert.Equal(t, []bool{true, false, false}, locals)
			assert.Equal(t, forward, w.done())
		})
	}
}

func TestUndosAreRegularActivitiesOnly(t *testing.T) {
	w := newWorld(t)
	on(w, sagas.AllocateStock, always(holdExpired))
	for _, step := range both {
		w.decide[step] = func(_ int, local bool) error {
			assert.False(t, local, step)
			return nil
		}
	}
	w.places(t)
}

func TestFromThePivotOnTheSagaOnlyGoesForward(t *testing.T) {
	w := newWorld(t)
	on(w, sagas.RecordConfirmed, until(40))
	assert.Equal(t, sagas.StatusConfirmed, w.places(t).GetStatus())
	assert.Equal(t, forward, w.done(), "an unknown outcome of the pivot undoes nothing, and nothing is done again")
	confirmed := w.inputs[sagas.RecordConfirmed.Name].(*ordersv1.RecordConfirmedRequest)
	assert.Len(t, confirmed.GetFacts(), 2, "the facts go along from run to run")
}

func TestAnUndoIsTriedUntilItIsDoneAndDoesNotHideTheFirstFailure(t *testing.T) {
	w := newWorld(t)
	on(w, sagas.AllocateStock, always(holdExpired))
	on(w, sagas.VoidPayment, until(23))
	outcome := w.places(t)
	assert.Equal(t, refusals.HoldExpired, outcome.GetRefusal().GetReason())
	assert.Equal(t, 23, w.count[sagas.VoidPayment.Name])
	assert.Equal(t, 1, w.count[sagas.ReleaseStock.Name], "an undo that is done is not done again")
	assert.Equal(t, forward[:4], w.done()[:4])
	assert.Equal(t, sagas.RecordRejected.Name, w.done()[len(w.done())-1])
}

// A provider that does not answer for a day must not keep the stock of an order that is given up.
func TestAnUndoInTroubleHoldsUpNoOther(t *testing.T) {
	w := newWorld(t)
	on(w, sagas.AllocateStock, always(holdExpired))
	on(w, sagas.VoidPayment, until(60))
	begin := w.Now()
	var releasedAfter time.Duration
	on(w, sagas.ReleaseStock, func(int, bool) error {
		releasedAfter = w.Now().Sub(begin)
		return nil
	})
	w.places(t)
	assert.Less(t, releasedAfter, 10*time.Second)
	assert.Greater(t, w.Now().Sub(begin), 10*time.Minute, "the void took long")
}

func TestAnUndoThatIsRefusedWaitsForAnOperator(t *testing.T) {
	w := newWorld(t)
	on(w, sagas.AllocateStock, always(holdExpired))
	forbidden := sagas.RefusalError(sagas.FromMessage(&commonv1.Refusal{Reason: refusals.UndoNotAllowed, Message: "the order is confirmed"}))
	on(w, sagas.VoidPayment, func(attempt int, _ bool) error {
		if attempt < 4 {
			return forbidden
		}
		return nil
	})
	outcome := w.places(t)
	assert.Equal(t, refusals.HoldExpired, outcome.GetRefusal().GetReason())
	assert.Equal(t, 4, w.count[sagas.VoidPayment.Name], "it is not given up")
	stuck := w.inputs[sagas.RecordStuck.Name].(*ordersv1.RecordStuckRequest)
	assert.Contains(t, stuck.GetSteps()[0].GetLastError(), "the order is confirmed")
}

func TestAStuckSagaSaysSoOnceWhileItIsStuckInTheSame(t *testing.T) {
	w := newWorld(t)
	on(w, sagas.RecordConfirmed, func(attempt int, _ bool) error {
		if attempt < 20 {
			return fmt.Errorf("attempt %d: %w", attempt, errBroken)
		}
		return nil
	})
	w.places(t)
	assert.Equal(t, 1, w.count[sagas.RecordStuck.Name])
	stuck := w.inputs[sagas.RecordStuck.Name].(*ordersv1.RecordStuckRequest)
	assert.True(t, proto.Equal(input.GetSaga(), stuck.GetSaga()))
	require.Len(t, stuck.GetSteps(), 1)
	assert.Equal(t, sagas.RecordConfirmed.Name, stuck.GetSteps()[0].GetStep())
	assert.EqualValues(t, 5, stuck.GetSteps()[0].GetAttempts())
	assert.Contains(t, stuck.GetSteps()[0].GetLastError(), "connection reset by peer")
}

func TestACancelBeforeThePivotUndoesEverythingAndIsSaid(t *testing.T) {
	w := newWorld(t)
	on(w, sagas.AuthorizePayment, func(attempt int, _ bool) error {
		if attempt == 1 {
			w.CancelWorkflow()
		}
		return errBroken
	})
	w.execute(t, sagas.PlaceOrder, input)
	var cancelled *temporal.CanceledError
	require.True(t, errors.As(w.GetWorkflowError(), &cancelled), "who cancels a workflow sees it cancelled")
	assert.Equal(t, sagas.StatusCancelled, w.outcome(t).GetStatus())
	assert.Equal(t, slices.Concat([]string{sagas.RecordTurnedBack.Name}, both, []string{sagas.RecordCancelled.Name}), w.done()[3:])
}

func TestACancelAfterThePivotChangesNothing(t *testing.T) {
	w := newWorld(t)
	on(w, sagas.RecordConfirmed, func(attempt int, _ bool) error {
		if attempt == 2 {
			w.CancelWorkflow()
			return errBroken
		}
		return until(8)(attempt, false)
	})
	assert.Equal(t, sagas.StatusConfirmed, w.places(t).GetStatus())
}

func TestAnOrderThatIsSettledAlreadyIsAnsweredAsItIsAndNotTouched(t *testing.T) {
	w := newWorld(t)
	why := &commonv1.Refusal{Reason: refusals.OutOfStock, Message: "not enough stock"}
	w.answers[sagas.RecordPlaced.Name] = func(proto.Message) proto.Message {
		return &ordersv1.RecordPlacedResponse{Direction: ended(sagas.StatusRejected, why)}
	}
	assertOutcome(t, &commonv1.Outcome{Status: sagas.StatusRejected, Refusal: why}, w.places(t))
	assert.Equal(t, []string{sagas.RecordPlaced.Name}, w.done())
}

// A task that is lost takes the results of its local activities with it. The second time, a cancel
// that came meanwhile leads the saga to turn back although it has confirmed the order.
func TestNothingIsUndoneWhenThePivotWasPassedAndForgotten(t *testing.T) {
	w := newWorld(t)
	a := w.asks(t, "place-aa11", "aa11")
	on(w, sagas.AuthorizePayment, always(errBroken))
	w.RegisterDelayedCallback(w.CancelWorkflow, time.Second)
	w.answers[sagas.RecordTurnedBack.Name] = func(proto.Message) proto.Message {
		return &ordersv1.RecordTurnedBackResponse{Direction: ended(sagas.StatusConfirmed, nil)}
	}
	outcome := w.places(t)
	assertOutcome(t, &commonv1.Outcome{Status: sagas.StatusConfirmed}, outcome)
	assertOutcome(t, outcome, a.outcome)
	for _, undo := range both {
		assert.NotContains(t, w.done(), undo)
	}
}
