package placeorder_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/workflows/placeorder"
)

// world stands where the services are: it notes what the saga asks of them and
// answers as a test wants. The services themselves are in the tests under test/.
type world struct {
	*testsuite.TestWorkflowEnvironment

	mu    sync.Mutex
	calls []string
	// answers decides a call: attempt counts the calls of that activity from 1.
	answers map[string]func(attempt int, local bool) error
	count   map[string]int
	inputs  map[string]any
}

func newWorld(t *testing.T) *world {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	w := &world{
		TestWorkflowEnvironment: suite.NewTestWorkflowEnvironment(),
		answers:                 map[string]func(int, bool) error{},
		count:                   map[string]int{},
		inputs:                  map[string]any{},
	}
	w.RegisterWorkflowWithOptions(placeorder.PlaceOrder, workflow.RegisterOptions{Name: sagas.PlaceOrder})
	register(w, sagas.RecordPlaced, func(sagas.PlaceOrderInput) any { return nil })
	register(w, sagas.ReserveStock, func(in sagas.ReserveStockInput) any {
		return &sagas.StockReserved{At: reservedAt, ExpiresAt: reservedAt.Add(in.HoldFor)}
	})
	register(w, sagas.AuthorizePayment, func(sagas.AuthorizePaymentInput) any {
		return &sagas.PaymentAuthorized{At: reservedAt, PaymentID: "pay-1", ProviderReference: "auth-1"}
	})
	for _, name := range []string{sagas.AllocateStock, sagas.ReleaseStock, sagas.VoidPayment} {
		register(w, name, func(sagas.StepInput) any { return nil })
	}
	for _, name := range []string{sagas.ConfirmOrder, sagas.RejectOrder, sagas.CancelOrder} {
		register(w, name, func(sagas.SettleInput) any { return nil })
	}
	register(w, sagas.StartCompensation, func(sagas.StartCompensationInput) any { return nil })
	register(w, sagas.MarkStuck, func(sagas.MarkStuckInput) any { return nil })
	return w
}

var reservedAt = time.Date(2010, 12, 1, 8, 26, 0, 0, time.UTC)

func register[In any](w *world, name string, answer func(In) any) {
	w.RegisterActivityWithOptions(func(ctx context.Context, in In) (any, error) {
		local := activity.GetInfo(ctx).IsLocalActivity
		w.mu.Lock()
		w.count[name]++
		attempt := w.count[name]
		w.calls = append(w.calls, name)
		w.inputs[name] = in
		decide := w.answers[name]
		w.mu.Unlock()
		if decide != nil {
			if err := decide(attempt, local); err != nil {
				return nil, err
			}
		}
		return answer(in), nil
	}, activity.RegisterOptions{Name: name})
}

// on decides the calls of an activity.
func (w *world) on(name string, decide func(attempt int, local bool) error) { w.answers[name] = decide }

// places runs the saga and returns its outcome.
func (w *world) places(t *testing.T) sagas.Outcome {
	t.Helper()
	w.ExecuteWorkflow(sagas.PlaceOrder, input)
	require.True(t, w.IsWorkflowCompleted(), "the saga must come to its end")
	require.NoError(t, w.GetWorkflowError(), "a settled order is a completed workflow, not a failed one")
	var outcome sagas.Outcome
	require.NoError(t, w.GetWorkflowResult(&outcome))
	return outcome
}

// done are the activities called, in order, repeated calls of one as one.
func (w *world) done() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	calls := slices.DeleteFunc(slices.Clone(w.calls), func(name string) bool { return name == sagas.MarkStuck })
	return slices.Compact(calls)
}

var input = sagas.PlaceOrderInput{
	OrderID:       "6c9c4a0e-4a6b-5f0e-9a53-1f1d8c0f4e11",
	CustomerID:    "17850",
	RequestHash:   "aa11",
	Lines:         []sagas.Line{{SKU: "85123A", Name: "T-light holder", UnitPrice: 255, Quantity: 6}},
	Total:         1530,
	Currency:      "GBP",
	PaymentMethod: "card_approve",
	PlacedAt:      reservedAt,
}

var (
	outOfStock = sagas.RefusalError(refusal.New(refusals.OutOfStock, "not enough stock", refusals.OutOfStockDetails{
		Shortages: []refusals.Shortage{{SKU: "85123A", Requested: 6, Available: 2}},
	}))
	declined = sagas.RefusalError(refusal.New(refusals.PaymentDeclined, "the card was declined",
		refusals.DeclinedDetails{DeclineCode: "insufficient_funds"}))
	holdExpired = sagas.RefusalError(refusal.New(refusals.HoldExpired, "the hold has run out", nil))
	undone      = sagas.RefusalError(refusal.New(refusals.HoldExpired, "kept from the compensation", nil))
	confirmed   = sagas.RefusalError(refusal.New(refusals.OrderSettled, "the order is confirmed already",
		refusals.OrderSettledDetails{Status: sagas.StatusConfirmed}))
	rejected = sagas.RefusalError(refusal.New(refusals.OrderSettled, "the order is rejected already",
		refusals.OrderSettledDetails{Status: sagas.StatusRejected, Refusal: refusal.New(refusals.OutOfStock, "not enough stock", nil)}))
	errBroken = errors.New("connection reset by peer")
)

func always(err error) func(int, bool) error { return func(int, bool) error { return err } }

// forward is the way of an order that meets no obstacle.
var forward = []string{
	sagas.RecordPlaced, sagas.ReserveStock, sagas.AuthorizePayment, sagas.AllocateStock, sagas.ConfirmOrder,
}

func TestAnOrderIsConfirmed(t *testing.T) {
	w := newWorld(t)
	assert.Equal(t, sagas.Outcome{OrderID: input.OrderID, Status: sagas.StatusConfirmed}, w.places(t))
	assert.Equal(t, forward, w.done())
	confirmed := w.inputs[sagas.ConfirmOrder].(sagas.SettleInput)
	assert.Equal(t, "pay-1", confirmed.PaymentAuthorized.PaymentID, "the pivot records what the steps before it did")
	assert.Equal(t, reservedAt, confirmed.StockReserved.At)
}

func TestARefusalIsAnOutcomeWithItsReasonAndUndoesOnlyWhatWasDone(t *testing.T) {
	for _, test := range []struct {
		step   string
		answer error
		undos  []string
	}{
		{sagas.ReserveStock, outOfStock, nil},
		{sagas.AuthorizePayment, declined, []string{sagas.ReleaseStock}},
		{sagas.AllocateStock, holdExpired, []string{sagas.VoidPayment, sagas.ReleaseStock}},
		{sagas.ConfirmOrder, undone, []string{sagas.VoidPayment, sagas.ReleaseStock}},
	} {
		t.Run(test.step, func(t *testing.T) {
			w := newWorld(t)
			w.on(test.step, always(test.answer))
			outcome := w.places(t)
			want, _ := sagas.RefusalOf(test.answer)
			assert.Equal(t, sagas.StatusRejected, outcome.Status)
			assert.Equal(t, want, outcome.Refusal)
			assert.Equal(t, 1, w.count[test.step], "a refusal is not retried")
			upTo := forward[:slices.Index(forward, test.step)+1]
			assert.Equal(t, slices.Concat(upTo, []string{sagas.StartCompensation}, test.undos, []string{sagas.RejectOrder}), w.done(),
				"undos in reverse order, the rejection after all of them")
		})
	}
}

func TestTheUndoIsRegisteredBeforeTheDoIsTried(t *testing.T) {
	// Authorize never answers properly. It may have charged all the same, so its
	// undo must run.
	w := newWorld(t)
	w.on(sagas.AuthorizePayment, always(errBroken))
	outcome := w.places(t)
	assert.Equal(t, sagas.StatusRejected, outcome.Status)
	assert.Equal(t, refusals.StepTimedOut, outcome.Refusal.Reason)
	assert.JSONEq(t, `{"step":"AuthorizePayment"}`, string(outcome.Refusal.Details))
	assert.Equal(t, slices.Concat(forward[:3], []string{sagas.StartCompensation, sagas.VoidPayment, sagas.ReleaseStock, sagas.RejectOrder}), w.done())
}

func TestAStepBeforeThePivotHasADeadline(t *testing.T) {
	for _, step := range []string{sagas.ReserveStock, sagas.AuthorizePayment, sagas.AllocateStock} {
		t.Run(step, func(t *testing.T) {
			w := newWorld(t)
			w.on(step, always(errBroken))
			begin := w.Now()
			outcome := w.places(t)
			assert.Equal(t, refusals.StepTimedOut, outcome.Refusal.Reason)
			assert.Less(t, w.Now().Sub(begin), 5*time.Minute, "business time until the saga gave up")
		})
	}
}

func TestAnInternalStepIsTriedLocallyOnceThenRegularly(t *testing.T) {
	for _, step := range []string{sagas.RecordPlaced, sagas.ReserveStock, sagas.AllocateStock, sagas.ConfirmOrder} {
		t.Run(step, func(t *testing.T) {
			w := newWorld(t)
			var locals []bool
			w.on(step, func(attempt int, local bool) error {
				locals = append(locals, local)
				if attempt < 3 {
					return errBroken
				}
				return nil
			})
			assert.Equal(t, sagas.StatusConfirmed, w.places(t).Status)
			assert.Equal(t, []bool{true, false, false}, locals)
			assert.Equal(t, forward, w.done())
		})
	}
}

func TestTheProviderAndTheUndosAreCalledByRegularActivitiesOnly(t *testing.T) {
	w := newWorld(t)
	w.on(sagas.AllocateStock, always(holdExpired))
	for _, step := range []string{sagas.AuthorizePayment, sagas.VoidPayment, sagas.ReleaseStock} {
		w.on(step, func(_ int, local bool) error {
			assert.False(t, local, step)
			return nil
		})
	}
	w.places(t)
}

func TestFromThePivotOnTheSagaOnlyGoesForward(t *testing.T) {
	w := newWorld(t)
	w.on(sagas.ConfirmOrder, func(attempt int, _ bool) error {
		if attempt < 40 {
			return errBroken
		}
		return nil
	})
	assert.Equal(t, sagas.StatusConfirmed, w.places(t).Status)
	assert.Equal(t, forward, w.done(), "an unknown outcome of the pivot undoes nothing")
}

func TestAnUndoIsTriedUntilItIsDoneAndDoesNotHideTheFirstFailure(t *testing.T) {
	w := newWorld(t)
	w.on(sagas.AllocateStock, always(holdExpired))
	w.on(sagas.VoidPayment, func(attempt int, _ bool) error {
		if attempt < 23 {
			return errBroken
		}
		return nil
	})
	outcome := w.places(t)
	assert.Equal(t, refusals.HoldExpired, outcome.Refusal.Reason)
	assert.Equal(t, 23, w.count[sagas.VoidPayment])
	assert.Equal(t, []string{sagas.StartCompensation, sagas.VoidPayment, sagas.ReleaseStock, sagas.RejectOrder}, w.done()[4:])
}

func TestAStuckSagaSaysSoOnceForAStep(t *testing.T) {
	w := newWorld(t)
	w.on(sagas.ConfirmOrder, func(attempt int, _ bool) error {
		if attempt < 20 {
			return fmt.Errorf("attempt %d: %w", attempt, errBroken)
		}
		return nil
	})
	w.places(t)
	assert.Equal(t, 1, w.count[sagas.MarkStuck])
	marked := w.inputs[sagas.MarkStuck].(sagas.MarkStuckInput)
	assert.Equal(t, "place-order", marked.Saga)
	assert.Equal(t, sagas.ConfirmOrder, marked.Step)
	assert.Equal(t, 5, marked.Attempts)
	assert.Contains(t, marked.LastError, "connection reset by peer")
}

func TestACancelBeforeThePivotUndoesEverythingAndIsSaid(t *testing.T) {
	w := newWorld(t)
	w.on(sagas.AuthorizePayment, func(attempt int, _ bool) error {
		if attempt == 1 {
			w.CancelWorkflow()
		}
		return errBroken
	})
	w.ExecuteWorkflow(sagas.PlaceOrder, input)
	require.True(t, w.IsWorkflowCompleted())
	var cancelled *temporal.CanceledError
	require.ErrorAs(t, w.GetWorkflowError(), &cancelled, "who cancels a workflow sees it cancelled")
	var outcome sagas.Outcome
	require.NoError(t, cancelled.Details(&outcome))
	assert.Equal(t, sagas.StatusCancelled, outcome.Status)
	assert.Equal(t, []string{sagas.StartCompensation, sagas.VoidPayment, sagas.ReleaseStock, sagas.CancelOrder}, w.done()[3:])
}

func TestACancelAfterThePivotChangesNothing(t *testing.T) {
	w := newWorld(t)
	w.on(sagas.ConfirmOrder, func(attempt int, _ bool) error {
		if attempt == 2 {
			w.CancelWorkflow()
			return errBroken
		}
		if attempt < 8 {
			return errBroken
		}
		return nil
	})
	assert.Equal(t, sagas.StatusConfirmed, w.places(t).Status)
}

func TestAnOrderThatIsSettledAlreadyIsAnsweredAsItIsAndNotTouched(t *testing.T) {
	w := newWorld(t)
	w.on(sagas.RecordPlaced, always(rejected))
	outcome := w.places(t)
	assert.Equal(t, sagas.StatusRejected, outcome.Status)
	assert.Equal(t, refusals.OutOfStock, outcome.Refusal.Reason, "the reason it was rejected for")
	assert.Equal(t, []string{sagas.RecordPlaced}, w.done())
}

// A task that is lost takes the results of its local activities with it. The
// second time, a cancel that came meanwhile leads the saga to turn back although
// it has confirmed the order.
func TestNothingIsUndoneWhenThePivotWasPassedAndForgotten(t *testing.T) {
	w := newWorld(t)
	a := w.asks(t, "place-aa11", "aa11")
	w.on(sagas.AuthorizePayment, always(errBroken))
	w.RegisterDelayedCallback(w.CancelWorkflow, time.Second)
	w.on(sagas.StartCompensation, always(confirmed))
	outcome := w.places(t)
	assert.Equal(t, sagas.StatusConfirmed, outcome.Status)
	assert.Nil(t, outcome.Refusal)
	assert.Equal(t, outcome, a.outcome)
	assert.NotContains(t, w.done(), sagas.VoidPayment)
	assert.NotContains(t, w.done(), sagas.ReleaseStock)
}
