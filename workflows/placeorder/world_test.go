package placeorder_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/workflows"
	"github.com/ordersaga/ordersaga/workflows/sagatest"
)

// world stands where the services are: it notes what the saga asks of them and answers as a test
// wants. The services themselves are in the tests under test/.
type world struct {
	*testsuite.TestWorkflowEnvironment // of the run that runs
	// prepare changes each run's environment before it runs.
	prepare []func(env *testsuite.TestWorkflowEnvironment, run int)
	runs    int
	began   time.Time

	mu    sync.Mutex
	calls []string
	// decide answers a call with an error: attempt counts the calls of that activity from 1.
	decide map[string]func(attempt int, local bool) error
	// answers are the services' answers, where a test wants others than those of a good day.
	answers map[string]func(in proto.Message) proto.Message
	count   map[string]int
	inputs  map[string]proto.Message
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		decide:  map[string]func(int, bool) error{},
		answers: map[string]func(proto.Message) proto.Message{},
		count:   map[string]int{},
		inputs:  map[string]proto.Message{},
		began:   time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
	}
	w.next()
	return w
}

// next makes the environment of the next run. Its clock goes on where the last one's stopped.
func (w *world) next() *testsuite.TestWorkflowEnvironment {
	if w.TestWorkflowEnvironment != nil {
		w.began = w.Now()
	}
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(2 * time.Minute) // by default a test that is held up for 3 s fails
	env.SetDataConverter(sagas.DataConverter())
	env.SetStartTime(w.began)
	workflows.Register(env)
	w.TestWorkflowEnvironment = env
	register(w, sagas.RecordPlaced, func(*ordersv1.RecordPlacedRequest) *ordersv1.RecordPlacedResponse {
		return &ordersv1.RecordPlacedResponse{Direction: goOn}
	})
	register(w, sagas.ReserveStock, func(in *inventoryv1.ReserveRequest) *inventoryv1.ReserveResponse {
		return &inventoryv1.ReserveResponse{Facts: []*commonv1.Fact{reserved(in)}}
	})
	register(w, sagas.AuthorizePayment, func(in *paymentsv1.AuthorizeRequest) *paymentsv1.AuthorizeResponse {
		return &paymentsv1.AuthorizeResponse{Facts: []*commonv1.Fact{authorized(in.GetAmount())}}
	})
	register(w, sagas.AllocateStock, func(*inventoryv1.AllocateRequest) *inventoryv1.AllocateResponse {
		return &inventoryv1.AllocateResponse{}
	})
	register(w, sagas.RecordConfirmed, func(*ordersv1.RecordConfirmedRequest) *ordersv1.RecordConfirmedResponse {
		return &ordersv1.RecordConfirmedResponse{Direction: ended(sagas.StatusConfirmed, nil)}
	})
	register(w, sagas.RecordTurnedBack, func(in *ordersv1.RecordTurnedBackRequest) *ordersv1.RecordTurnedBackResponse {
		return &ordersv1.RecordTurnedBackResponse{Direction: turnedBack(in.GetWhy())}
	})
	register(w, sagas.ReleaseStock, func(*inventoryv1.ReleaseRequest) *inventoryv1.ReleaseResponse {
		return &inventoryv1.ReleaseResponse{Facts: []*commonv1.Fact{released}}
	})
	register(w, sagas.VoidPayment, func(*paymentsv1.VoidRequest) *paymentsv1.VoidResponse {
		return &paymentsv1.VoidResponse{Facts: []*commonv1.Fact{authorized(total), voided}}
	})
	register(w, sagas.RecordRejected, func(in *ordersv1.RecordRejectedRequest) *ordersv1.RecordRejectedResponse {
		return &ordersv1.RecordRejectedResponse{Direction: ended(sagas.StatusRejected, in.GetWhy())}
	})
	register(w, sagas.RecordCancelled, func(in *ordersv1.RecordCancelledRequest) *ordersv1.RecordCancelledResponse {
		return &ordersv1.RecordCancelledResponse{Direction: ended(sagas.StatusCancelled, in.GetWhy())}
	})
	register(w, sagas.RecordResumed, func(*ordersv1.RecordResumedRequest) *ordersv1.RecordResumedResponse {
		return &ordersv1.RecordResumedResponse{
			Direction: turnedBack(&commonv1.Refusal{Reason: refusals.Interrupted}),
			Input:     &ordersv1.RecordResumedResponse_PlaceOrder{PlaceOrder: &ordersv1.PlaceOrderInput{Saga: input.GetSaga(), Placement: input.GetPlacement()}},
		}
	})
	register(w, sagas.RecordStuck, func(*ordersv1.RecordStuckRequest) *ordersv1.RecordStuckResponse {
		return &ordersv1.RecordStuckResponse{}
	})
	register(w, sagas.TakeActs, func(*ordersv1.TakeActsRequest) *ordersv1.TakeActsResponse {
		return &ordersv1.TakeActsResponse{}
	})
	register(w, sagas.SettlePayment, func(*paymentsv1.SettleRequest) *paymentsv1.SettleResponse {
		return &paymentsv1.SettleResponse{}
	})
	w.runs++
	for _, prepare := range w.prepare {
		prepare(env, w.runs)
	}
	return env
}

func register[In, Out any, PIn interface {
	*In
	proto.Message
}, POut interface {
	*Out
	proto.Message
}](w *world, a sagas.Activity[In, Out], answer func(PIn) POut) {
	w.RegisterActivityWithOptions(func(ctx context.Context, in PIn) (POut, error) {
		local := activity.GetInfo(ctx).IsLocalActivity
		w.mu.Lock()
		w.count[a.Name]++
		attempt := w.count[a.Name]
		w.calls = append(w.calls, a.Name)
		w.inputs[a.Name] = in
		decide, other := w.decide[a.Name], w.answers[a.Name]
		w.mu.Unlock()
		if decide != nil {
			if err := decide(attempt, local); err != nil {
				return nil, err
			}
		}
		if other != nil {
			return other(in).(POut), nil
		}
		return answer(in), nil
	}, activity.RegisterOptions{Name: a.Name})
}

// on decides the calls of an activity.
func on[In, Out any](w *world, a sagas.Activity[In, Out], decide func(attempt int, local bool) error) {
	w.decide[a.Name] = decide
}

// execute runs a workflow with all that it continues as.
func (w *world) execute(t *testing.T, name string, in any) {
	t.Helper()
	first := true
	sagatest.Execute(t, func() *testsuite.TestWorkflowEnvironment {
		if first {
			first = false
			return w.TestWorkflowEnvironment
		}
		return w.next()
	}, name, in)
}

// places runs the saga and returns its outcome.
func (w *world) places(t *testing.T) *commonv1.Outcome {
	t.Helper()
	w.execute(t, sagas.PlaceOrder, input)
	return w.outcome(t)
}

// outcome of the last run, also of one that was cancelled.
func (w *world) outcome(t *testing.T) *commonv1.Outcome {
	t.Helper()
	var outcome *commonv1.Outcome
	var cancelled *temporal.CanceledError
	if errors.As(w.GetWorkflowError(), &cancelled) {
		require.NoError(t, cancelled.Details(&outcome))
		require.Equal(t, sagas.StatusCancelled, outcome.GetStatus())
		return outcome
	}
	require.NoError(t, w.GetWorkflowError(), "a settled order is a completed workflow, not a failed one")
	require.NoError(t, w.GetWorkflowResult(&outcome))
	return outcome
}

// done are the activities called, in order, repeated calls of one as one.
func (w *world) done() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	calls := slices.DeleteFunc(slices.Clone(w.calls), func(name string) bool {
		return name == sagas.RecordStuck.Name || name == sagas.TakeActs.Name
	})
	calls = slices.Compact(calls)
	// Undos run in parallel, in no fixed order.
	for i, call := range calls[1:] {
		if call == sagas.ReleaseStock.Name && calls[i] == sagas.VoidPayment.Name {
			calls[i], calls[i+1] = call, calls[i]
		}
	}
	return calls
}

const orderID = "6c9c4a0e-4a6b-5f0e-9a53-1f1d8c0f4e11"

var (
	reservedAt = timestamppb.New(time.Date(2010, 12, 1, 8, 26, 0, 0, time.UTC))
	total      = &commonv1.Money{Amount: 1530, Currency: "GBP"}
	input      = &ordersv1.PlaceOrderInput{
		Revision: sagas.PlaceOrderRevision,
		Saga:     sagas.Placing(orderID),
		Placement: &ordersv1.Placement{
			OrderId: orderID, CustomerId: "17850", RequestHash: "aa11", Total: total, PlacedAt: reservedAt,
			Lines: []*ordersv1.OrderLine{{Number: 1, Sku: "85123A", Name: "T-light holder", UnitPrice: 255, Quantity: 6}},
		},
		PaymentMethod: "card_approve",
	}
)

func reserved(in *inventoryv1.ReserveRequest) *commonv1.Fact {
	return &commonv1.Fact{At: reservedAt, Fact: &commonv1.Fact_StockReserved{StockReserved: &commonv1.StockReserved{
		ExpiresAt: timestamppb.New(reservedAt.AsTime().Add(in.GetHoldFor().AsDuration())),
	}}}
}

func authorized(amount *commonv1.Money) *commonv1.Fact {
	return &commonv1.Fact{At: reservedAt, Fact: &commonv1.Fact_PaymentAuthorized{PaymentAuthorized: &commonv1.PaymentAuthorized{
		PaymentId: "pay-1", ProviderReference: "auth-1", Amount: amount,
	}}}
}

var (
	released = &commonv1.Fact{At: reservedAt, Fact: &commonv1.Fact_StockReleased{StockReleased: &commonv1.StockReleased{}}}
	voided   = &commonv1.Fact{At: reservedAt, Fact: &commonv1.Fact_PaymentVoided{PaymentVoided: &commonv1.PaymentVoided{PaymentId: "pay-1"}}}
)

// Directions that an order says.
var goOn = &commonv1.Direction{Says: &commonv1.Direction_Forward{Forward: &commonv1.Forward{}}}

func turnedBack(why *commonv1.Refusal) *commonv1.Direction {
	return &commonv1.Direction{Says: &commonv1.Direction_TurnedBack{TurnedBack: why}}
}

func ended(status string, why *commonv1.Refusal) *commonv1.Direction {
	return &commonv1.Direction{Says: &commonv1.Direction_Ended{Ended: &commonv1.Outcome{Status: status, Refusal: why}}}
}

var (
	outOfStock = sagas.RefusalError(refusal.New(refusals.OutOfStock, "not enough stock", refusals.OutOfStockDetails{
		Shortages: []refusals.Shortage{{SKU: "85123A", Requested: 6, Available: 2}},
	}))
	declined = sagas.RefusalError(refusal.New(refusals.PaymentDeclined, "the card was declined",
		refusals.DeclinedDetails{DeclineCode: "insufficient_funds"}))
	holdExpired = sagas.RefusalError(refusal.New(refusals.HoldExpired, "the hold has run out", nil))
	errBroken   = errors.New("connection reset by peer")
)

func always(err error) func(int, bool) error { return func(int, bool) error { return err } }

// until fails the first calls.
func until(attempt int) func(int, bool) error {
	return func(n int, _ bool) error {
		if n < attempt {
			return errBroken
		}
		return nil
	}
}
