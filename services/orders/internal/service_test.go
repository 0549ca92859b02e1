package internal_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/platform/telemetry"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/orderstest"
)

// What sagas may do over gRPC, and do again.

func placing(id string) *ordersv1.RecordPlacedRequest {
	return &ordersv1.RecordPlacedRequest{Saga: sagas.Placing(id), Placement: &ordersv1.Placement{
		OrderId: id, CustomerId: "ann", RequestHash: strings.Repeat("a", 64),
		Lines:       []*ordersv1.OrderLine{{Number: 1, Sku: "TEA", Name: "Tea", UnitPrice: 250, Quantity: 4}},
		Adjustments: []*ordersv1.OrderAdjustment{{Kind: "shipping", Amount: 390}},
		Total:       total,
		PlacedAt:    timestamppb.New(time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)),
	}}
}

func confirming(id string) *ordersv1.RecordConfirmedRequest {
	reserved, authorized := orderstest.Done(total)
	return &ordersv1.RecordConfirmedRequest{Saga: sagas.Placing(id), Facts: []*commonv1.Fact{reserved, authorized}}
}

var (
	total    = &commonv1.Money{Amount: 1390, Currency: "GBP"}
	declined = &commonv1.Refusal{Reason: refusals.PaymentDeclined, Message: "declined", Details: `{"decline_code":"lost_card"}`}
)

// placed is the id of an order that was placed.
func placed(t *testing.T, w *orderstest.World) string {
	t.Helper()
	id := uuid.NewString()
	answer, err := w.Saga.RecordPlaced(t.Context(), placing(id))
	require.NoError(t, err)
	require.NotNil(t, answer.GetDirection().GetForward())
	return id
}

func requireRefusal(t *testing.T, err error, reason string) {
	t.Helper()
	refused, ok := refusal.As(err)
	require.True(t, ok, "a refusal with reason %s, not %v", reason, err)
	require.Equal(t, reason, refused.Reason)
}

func types(t *testing.T, w *orderstest.World, id string) []string {
	t.Helper()
	history, err := w.Orders.History(t.Context(), id)
	require.NoError(t, err)
	var types []string
	for _, event := range history {
		types = append(types, domain.TypeOf(event.Fact))
	}
	return types
}

func TestASagaWritesTheStoryOnceHoweverOftenItCalls(t *testing.T) {
	w := orderstest.Start(t)
	id := placed(t, w)
	again, err := w.Saga.RecordPlaced(t.Context(), placing(id))
	require.NoError(t, err)
	require.NotNil(t, again.GetDirection().GetForward())
	confirm := confirming(id)
	for range 2 {
		answer, err := w.Saga.RecordConfirmed(t.Context(), confirm)
		require.NoError(t, err)
		require.Equal(t, sagas.StatusConfirmed, answer.GetDirection().GetEnded().GetStatus())
		require.Nil(t, answer.GetDirection().GetEnded().GetRefusal())
	}
	require.Equal(t, []string{
		"OrderPlaced.v1", "SagaBegan.v1",
		"StockReserved.v1", "PaymentAuthorized.v1", "OrderConfirmed.v1", "SagaEnded.v1",
	}, types(t, w, id))

	order, err := w.Orders.Load(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, placing(id).GetPlacement().GetPlacedAt().AsTime(), order.PlacedAt())
	require.WithinDuration(t, confirm.GetFacts()[0].GetAt().AsTime(), order.Hold().ReservedAt, time.Microsecond)
	require.Equal(t, "pay-1", order.Charge().PaymentID)

	// Whatever is said now is answered with how the saga ended.
	says := func(answer interface{ GetDirection() *commonv1.Direction }, err error) *commonv1.Direction {
		require.NoError(t, err)
		return answer.GetDirection()
	}
	before := types(t, w, id)
	for name, direction := range map[string]*commonv1.Direction{
		"placed": says(w.Saga.RecordPlaced(t.Context(), placing(id))),
		"turned back": says(w.Saga.RecordTurnedBack(t.Context(), &ordersv1.RecordTurnedBackRequest{
			Saga: sagas.Placing(id), Why: declined,
		})),
		"rejected": says(w.Saga.RecordRejected(t.Context(), &ordersv1.RecordRejectedRequest{
			Saga: sagas.Placing(id), Why: declined,
		})),
		"cancelled": says(w.Saga.RecordCancelled(t.Context(), &ordersv1.RecordCancelledRequest{
			Saga: sagas.Placing(id), Why: declined,
		})),
		"resumed": says(w.Saga.RecordResumed(t.Context(), &ordersv1.RecordResumedRequest{Saga: sagas.Placing(id)})),
	} {
		require.Equal(t, sagas.StatusConfirmed, direction.GetEnded().GetStatus(), name)
	}
	_, err = w.Saga.RecordStuck(t.Context(), stuckIn(sagas.Placing(id)))
	require.NoError(t, err)
	require.Equal(t, before, types(t, w, id))
}

func stuckIn(saga *commonv1.Saga) *ordersv1.RecordStuckRequest {
	return &ordersv1.RecordStuckRequest{Saga: saga, Steps: []*ordersv1.StuckStep{
		{Step: "VoidPayment", Attempts: 5, LastError: "no answer"}, {Step: "ReleaseStock", Attempts: 10, LastError: "no answer either"},
	}}
}

func TestConcurrentCallsRecordOnce(t *testing.T) {
	w := orderstest.Start(t)
	id := uuid.NewString()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := w.Saga.RecordPlaced(t.Context(), placing(id)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	require.Equal(t, []string{"OrderPlaced.v1", "SagaBegan.v1"}, types(t, w, id))
}

func TestConfirmAndRejectAtOnceSettleTheOrderOneWay(t *testing.T) {
	w := orderstest.Start(t)
	for range 10 {
		id := placed(t, w)
		var both sync.WaitGroup
		var confirmed *ordersv1.RecordConfirmedResponse
		var rejected *ordersv1.RecordRejectedResponse
		var confirmErr, rejectErr error
		both.Go(func() { confirmed, confirmErr = w.Saga.RecordConfirmed(t.Context(), confirming(id)) })
		both.Go(func() {
			rejected, rejectErr = w.Saga.RecordRejected(t.Context(), &ordersv1.RecordRejectedRequest{Saga: sagas.Placing(id), Why: declined})
		})
		both.Wait()
		require.NoError(t, confirmErr)
		require.NoError(t, rejectErr)
		order, err := w.Orders.Load(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, string(order.Status()), confirmed.GetDirection().GetEnded().GetStatus())
		require.Equal(t, string(order.Status()), rejected.GetDirection().GetEnded().GetStatus())
	}
}

func TestRejectKeepsTheReasonAndWhatHadBeenDoneAndUndone(t *testing.T) {
	w := orderstest.Start(t)
	id := placed(t, w)
	reserved, authorized := orderstest.Done(total)
	answer, err := w.Saga.RecordRejected(t.Context(), &ordersv1.RecordRejectedRequest{
		Saga: sagas.Placing(id), Why: declined, Facts: append([]*commonv1.Fact{reserved, authorized}, orderstest.Undone()...),
	})
	require.NoError(t, err)
	require.Equal(t, sagas.StatusRejected, answer.GetDirection().GetEnded().GetStatus())
	require.Equal(t, refusals.PaymentDeclined, answer.GetDirection().GetEnded().GetRefusal().GetReason())
	order, err := w.Orders.Load(t.Context(), id)
	require.NoError(t, err)
	require.JSONEq(t, declined.GetDetails(), string(order.Refused().Details))
	require.False(t, order.Hold().ReleasedAt.IsZero())
	require.False(t, order.Charge().VoidedAt.IsZero())
	require.Equal(t, domain.PaymentStatusVoided, order.Payment())
	require.Equal(t, []string{
		"OrderPlaced.v1", "SagaBegan.v1", "StockReserved.v1", "PaymentAuthorized.v1",
		"PaymentVoided.v1", "StockReleased.v1", "OrderRejected.v1", "SagaEnded.v1",
	}, types(t, w, id))
}

// PostgreSQL keeps no NUL and no half of a surrogate pair. What a saga has to say must not wait for
// ever because somebody else's text has one.
func TestDetailsAreKeptWithoutWhatTheLogCannotKeep(t *testing.T) {
	w := orderstest.Start(t)
	id := placed(t, w)
	_, err := w.Saga.RecordRejected(t.Context(), &ordersv1.RecordRejectedRequest{Saga: sagas.Placing(id), Why: &commonv1.Refusal{
		Reason: refusals.PaymentDeclined, Details: `{"decline_code":"lost\u0000\ud800","n":9007199254740993}`,
	}})
	require.NoError(t, err)
	order, err := w.Orders.Load(t.Context(), id)
	require.NoError(t, err)
	require.JSONEq(t, `{"decline_code":"lost\ufffd","n":9007199254740993}`, string(order.Refused().Details))
	require.Contains(t, string(order.Refused().Details), "9007199254740993", "not rounded")
}

func TestASagaThatTurnedBackIsKeptFromItsPivot(t *testing.T) {
	w := orderstest.Start(t)
	id := placed(t, w)
	allowed, err := w.Undo.CheckUndo(t.Context(), &ordersv1.CheckUndoRequest{Saga: sagas.Placing(id)})
	require.NoError(t, err)
	require.False(t, allowed.GetAllowed())
	require.NotEmpty(t, allowed.GetWhy())
	for _, why := range []*commonv1.Refusal{declined, {Reason: refusals.Cancelled}} {
		answer, err := w.Saga.RecordTurnedBack(t.Context(), &ordersv1.RecordTurnedBackRequest{Saga: sagas.Placing(id), Why: why})
		require.NoError(t, err)
		require.Equal(t, refusals.PaymentDeclined, answer.GetDirection().GetTurnedBack().GetReason(), "the first reason")
	}
	answer, err := w.Saga.RecordConfirmed(t.Context(), confirming(id))
	require.NoError(t, err)
	require.Equal(t, refusals.PaymentDeclined, answer.GetDirection().GetTurnedBack().GetReason())
	require.JSONEq(t, declined.GetDetails(), answer.GetDirection().GetTurnedBack().GetDetails())
	require.Equal(t, []string{"OrderPlaced.v1", "SagaBegan.v1", "CompensationStarted.v1"}, types(t, w, id))
	allowed, err = w.Undo.CheckUndo(t.Context(), &ordersv1.CheckUndoRequest{Saga: sagas.Placing(id)})
	require.NoError(t, err)
	require.True(t, allowed.GetAllowed())
}

func TestASagaWhoseRunIsGoneIsTurnedBackAndGetsItsInput(t *testing.T) {
	w := orderstest.Start(t)
	id := placed(t, w)
	for range 2 {
		answer, err := w.Saga.RecordResumed(t.Context(), &ordersv1.RecordResumedRequest{Saga: sagas.Placing(id)})
		require.NoError(t, err)
		require.Equal(t, refusals.Interrupted, answer.GetDirection().GetTurnedBack().GetReason())
		require.True(t, proto.Equal(placing(id).GetPlacement(), answer.GetPlaceOrder().GetPlacement()), "%v", answer.GetPlaceOrder())
		require.True(t, proto.Equal(sagas.Placing(id), answer.GetPlaceOrder().GetSaga()))
		require.Empty(t, answer.GetPlaceOrder().GetPaymentMethod())
	}
	require.Equal(t, []string{"OrderPlaced.v1", "SagaBegan.v1", "CompensationStarted.v1"}, types(t, w, id))
}

func TestStuckBelongsToTheOpenSagaOfAnOrder(t *testing.T) {
	w := orderstest.Start(t)
	id := placed(t, w)
	_, err := w.Saga.RecordStuck(t.Context(), stuckIn(sagas.Placing(id)))
	require.NoError(t, err)
	order, err := w.Orders.Load(t.Context(), id)
	require.NoError(t, err)
	require.Len(t, order.Stuck().Steps, 2)
	require.WithinDuration(t, time.Now(), order.Stuck().Since, time.Minute, "by the clock of the service")

	other := sagas.Placing(id)
	other.Instance = uuid.NewString()
	unknown := sagas.Placing(uuid.NewString())
	for _, saga := range []*commonv1.Saga{other, unknown} {
		_, err := w.Saga.RecordStuck(t.Context(), stuckIn(saga))
		require.NoError(t, err)
	}
	require.Len(t, types(t, w, id), 3, "another saga's trouble is not the order's")
	require.Empty(t, types(t, w, unknown.GetOrderId()), "no stream without an order")
}

func TestARejectionBeforeThePlacingKeepsItOut(t *testing.T) {
	w := orderstest.Start(t)
	id := uuid.NewString()
	_, err := w.Saga.RecordRejected(t.Context(), &ordersv1.RecordRejectedRequest{Saga: sagas.Placing(id), Why: declined})
	require.NoError(t, err)
	answer, err := w.Saga.RecordPlaced(t.Context(), placing(id))
	require.NoError(t, err)
	require.Equal(t, sagas.StatusRejected, answer.GetDirection().GetEnded().GetStatus())
}

// A saga can be at any step when the log is restored to a time before its order.
func TestASagaOfAnOrderThatTheLogLostCanEnd(t *testing.T) {
	w := orderstest.Start(t)
	id := uuid.NewString()
	confirmed, err := w.Saga.RecordConfirmed(t.Context(), confirming(id))
	require.NoError(t, err)
	require.Equal(t, refusals.OrderUnknown, confirmed.GetDirection().GetTurnedBack().GetReason())
	turned, err := w.Saga.RecordTurnedBack(t.Context(), &ordersv1.RecordTurnedBackRequest{Saga: sagas.Placing(id), Why: declined})
	require.NoError(t, err)
	require.Equal(t, refusals.PaymentDeclined, turned.GetDirection().GetTurnedBack().GetReason())
	undo, err := w.Undo.CheckUndo(t.Context(), &ordersv1.CheckUndoRequest{Saga: sagas.Placing(id)})
	require.NoError(t, err)
	require.True(t, undo.GetAllowed())
	resumed, err := w.Saga.RecordResumed(t.Context(), &ordersv1.RecordResumedRequest{Saga: sagas.Placing(id)})
	require.NoError(t, err)
	require.Equal(t, refusals.OrderUnknown, resumed.GetDirection().GetTurnedBack().GetReason())
	require.Nil(t, resumed.GetPlaceOrder())
	require.Empty(t, types(t, w, id))
	cancelled, err := w.Saga.RecordCancelled(t.Context(), &ordersv1.RecordCancelledRequest{Saga: sagas.Placing(id), Why: declined})
	require.NoError(t, err)
	require.Equal(t, sagas.StatusCancelled, cancelled.GetDirection().GetEnded().GetStatus())
}

func TestAnotherRequestDoesNotTakeTheOrdersPlace(t *testing.T) {
	w := orderstest.Start(t)
	other := placing(placed(t, w))
	other.Placement.RequestHash = strings.Repeat("b", 64)
	_, err := w.Saga.RecordPlaced(t.Context(), other)
	requireRefusal(t, err, refusals.RequestMismatch)
}

func TestWhatCannotBeIsTheCallersMistake(t *testing.T) {
	w := orderstest.Start(t)
	id := uuid.NewString()
	for name, change := range map[string]func(*ordersv1.RecordPlacedRequest){
		"wrong total":      func(r *ordersv1.RecordPlacedRequest) { r.Placement.Total.Amount++ },
		"sum too large":    func(r *ordersv1.RecordPlacedRequest) { r.Placement.Lines[0].UnitPrice = 1 << 62 },
		"no lines":         func(r *ordersv1.RecordPlacedRequest) { r.Placement.Lines = nil },
		"bad hash":         func(r *ordersv1.RecordPlacedRequest) { r.Placement.RequestHash = "x" },
		"bad id":           func(r *ordersv1.RecordPlacedRequest) { r.Saga.OrderId = "1" },
		"another order":    func(r *ordersv1.RecordPlacedRequest) { r.Placement.OrderId = uuid.NewString() },
		"another saga":     func(r *ordersv1.RecordPlacedRequest) { r.Saga.Kind = "ship-order" },
		"another instance": func(r *ordersv1.RecordPlacedRequest) { r.Saga.Instance = uuid.NewString() },
	} {
		request := proto.CloneOf(placing(id))
		change(request)
		_, err := w.Saga.RecordPlaced(t.Context(), request)
		require.Equal(t, codes.InvalidArgument, status.Code(err), "%s: %v", name, err)
	}
	_, err := w.Saga.RecordRejected(t.Context(), &ordersv1.RecordRejectedRequest{
		Saga: sagas.Placing(id), Why: &commonv1.Refusal{Reason: "r", Details: "{"},
	})
	require.Equal(t, codes.InvalidArgument, status.Code(err), "details that are no JSON: %v", err)
	unpaid := confirming(placed(t, w))
	unpaid.Facts = unpaid.GetFacts()[:1]
	_, err = w.Saga.RecordConfirmed(t.Context(), unpaid)
	require.Equal(t, codes.InvalidArgument, status.Code(err), "confirm without a payment: %v", err)
	require.Empty(t, types(t, w, id))
}

// One order is one trace, from the saga's call to the projection.
func TestTheProjectionBelongsToTheTraceOfTheChange(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	telemetry.SetupForTest(t, spans)
	w := orderstest.Start(t, orderstest.WithReadModel())
	ctx, caller := telemetry.Tracer("test").Start(t.Context(), "saga")
	_, err := w.Saga.RecordPlaced(ctx, placing(uuid.NewString()))
	require.NoError(t, err)
	caller.End()

	// A parent may end after its child.
	testkit.Eventually(t, "the projection's span in a whole tree", func() bool {
		projected, missing := false, map[trace.SpanID]bool{}
		for _, span := range spans.GetSpans() {
			if span.SpanContext.TraceID() == caller.SpanContext().TraceID() && span.Name != "saga" {
				projected = projected || span.Name == "project order"
				missing[span.Parent.SpanID()] = true
			}
		}
		for _, span := range spans.GetSpans() {
			delete(missing, span.SpanContext.SpanID())
		}
		return projected && len(missing) == 0
	})
}
