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
	"google.golang.org/protobuf/types/known/timestamppb"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/platform/telemetry"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/orderstest"
)

// What sagas may do over gRPC, and do again.

func placing(id string) *ordersv1.RecordPlacedRequest {
	return &ordersv1.RecordPlacedRequest{
		OrderId: id, CustomerId: "ann", RequestHash: strings.Repeat("a", 64),
		Lines:       []*ordersv1.OrderLine{{Sku: "TEA", Name: "Tea", UnitPrice: 250, Quantity: 4}},
		Adjustments: []*ordersv1.OrderAdjustment{{Kind: "shipping", Amount: 390}},
		Total:       &commonv1.Money{Amount: 1390, Currency: "GBP"},
		PlacedAt:    timestamppb.New(time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)),
	}
}

var (
	at      = timestamppb.New(time.Date(2026, 3, 1, 12, 0, 1, 0, time.UTC))
	stock   = &ordersv1.StockReserved{At: at, ExpiresAt: timestamppb.New(at.AsTime().Add(time.Hour))}
	payment = &ordersv1.PaymentAuthorized{At: at, PaymentId: "pay-1", ProviderReference: "ref-1"}
)

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
		types = append(types, event.Fact.Type())
	}
	return types
}

func TestASagaWritesTheStoryOnceHoweverOftenItCalls(t *testing.T) {
	w := orderstest.Start(t)
	id := uuid.NewString()
	for range 2 {
		_, err := w.Saga.RecordPlaced(t.Context(), placing(id))
		require.NoError(t, err)
	}
	for range 2 {
		_, err := w.Saga.Confirm(t.Context(), &ordersv1.ConfirmRequest{OrderId: id, StockReserved: stock, PaymentAuthorized: payment})
		require.NoError(t, err)
	}
	require.Equal(t, []string{
		domain.TypeOrderPlaced, domain.TypeStockReserved, domain.TypePaymentAuthorized, domain.TypeOrderConfirmed,
	}, types(t, w, id))

	order, err := w.Orders.Load(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, placing(id).GetPlacedAt().AsTime(), order.PlacedAt())
	require.Equal(t, at.AsTime(), order.Hold().ReservedAt)
	require.Equal(t, "pay-1", order.Charge().PaymentID)

	_, err = w.Saga.RecordPlaced(t.Context(), placing(id))
	requireRefusal(t, err, refusals.OrderSettled)
	_, err = w.Saga.Reject(t.Context(), &ordersv1.RejectRequest{OrderId: id, Reason: "too_late"})
	requireRefusal(t, err, refusals.OrderSettled)
	_, err = w.Saga.Cancel(t.Context(), &ordersv1.CancelRequest{OrderId: id, Reason: "too_late"})
	requireRefusal(t, err, refusals.OrderSettled)
	_, err = w.Saga.MarkStuck(t.Context(), &ordersv1.MarkStuckRequest{OrderId: id, Saga: "s", Step: "s", Attempts: 1, At: at})
	requireRefusal(t, err, refusals.OrderSettled)
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
	require.Equal(t, []string{domain.TypeOrderPlaced}, types(t, w, id))
}

func TestConfirmAndRejectAtOnceSettleTheOrderOneWay(t *testing.T) {
	w := orderstest.Start(t)
	for range 10 {
		id := uuid.NewString()
		_, err := w.Saga.RecordPlaced(t.Context(), placing(id))
		require.NoError(t, err)
		var both sync.WaitGroup
		var confirmed, rejected error
		both.Go(func() {
			_, confirmed = w.Saga.Confirm(t.Context(), &ordersv1.ConfirmRequest{OrderId: id, StockReserved: stock, PaymentAuthorized: payment})
		})
		both.Go(func() {
			_, rejected = w.Saga.Reject(t.Context(), &ordersv1.RejectRequest{OrderId: id, Reason: "why"})
		})
		both.Wait()
		order, err := w.Orders.Load(t.Context(), id)
		require.NoError(t, err)
		if order.Status() == domain.StatusConfirmed {
			require.NoError(t, confirmed)
			requireRefusal(t, rejected, refusals.OrderSettled)
		} else {
			require.NoError(t, rejected)
			requireRefusal(t, confirmed, refusals.OrderSettled)
		}
	}
}

func TestRejectKeepsTheReasonAndWhatHadBeenDone(t *testing.T) {
	w := orderstest.Start(t)
	id := uuid.NewString()
	_, err := w.Saga.RecordPlaced(t.Context(), placing(id))
	require.NoError(t, err)
	_, err = w.Saga.Reject(t.Context(), &ordersv1.RejectRequest{
		OrderId: id, Reason: refusals.PaymentDeclined, Message: "declined", Details: []byte(`{"decline_code": "insufficient_funds"}`),
		StockReserved: stock,
	})
	require.NoError(t, err)
	order, err := w.Orders.Load(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, refusals.PaymentDeclined, order.Refused().Reason)
	require.JSONEq(t, `{"decline_code":"insufficient_funds"}`, string(order.Refused().Details))
	require.NotNil(t, order.Hold())
	require.Nil(t, order.Charge())
}

func TestACompensationClosesTheWayToThePivot(t *testing.T) {
	w := orderstest.Start(t)
	id := uuid.NewString()
	_, err := w.Saga.RecordPlaced(t.Context(), placing(id))
	require.NoError(t, err)
	for range 2 {
		_, err = w.Saga.StartCompensation(t.Context(), &ordersv1.StartCompensationRequest{
			OrderId: id, Reason: refusals.PaymentDeclined, Message: "declined", Details: []byte(`{"decline_code":"lost_card"}`),
		})
		require.NoError(t, err)
	}
	_, err = w.Saga.Confirm(t.Context(), &ordersv1.ConfirmRequest{OrderId: id, StockReserved: stock, PaymentAuthorized: payment})
	requireRefusal(t, err, refusals.PaymentDeclined)
	refused, _ := refusal.As(err)
	require.JSONEq(t, `{"decline_code":"lost_card"}`, string(refused.Details))
	require.Equal(t, []string{domain.TypeOrderPlaced, domain.TypeCompensationStarted}, types(t, w, id))
}

func TestARejectionBeforeThePlacingKeepsItOut(t *testing.T) {
	w := orderstest.Start(t)
	id := uuid.NewString()
	_, err := w.Saga.Reject(t.Context(), &ordersv1.RejectRequest{OrderId: id, Reason: refusals.StepTimedOut})
	require.NoError(t, err)
	_, err = w.Saga.RecordPlaced(t.Context(), placing(id))
	requireRefusal(t, err, refusals.OrderSettled)
}

func TestAnotherRequestDoesNotTakeTheOrdersPlace(t *testing.T) {
	w := orderstest.Start(t)
	id := uuid.NewString()
	_, err := w.Saga.RecordPlaced(t.Context(), placing(id))
	require.NoError(t, err)
	other := placing(id)
	other.RequestHash = strings.Repeat("b", 64)
	_, err = w.Saga.RecordPlaced(t.Context(), other)
	requireRefusal(t, err, refusals.RequestMismatch)
}

func TestWhatCannotBeIsTheCallersMistake(t *testing.T) {
	w := orderstest.Start(t)
	id := uuid.NewString()
	wrongTotal, tooLarge, noLines, badHash, badID := placing(id), placing(id), placing(id), placing(id), placing("1")
	wrongTotal.Total.Amount++
	tooLarge.Lines[0].UnitPrice = 1 << 62
	noLines.Lines = nil
	badHash.RequestHash = "x"
	for name, request := range map[string]*ordersv1.RecordPlacedRequest{
		"wrong total": wrongTotal, "sum too large": tooLarge, "no lines": noLines, "bad hash": badHash, "bad id": badID,
	} {
		_, err := w.Saga.RecordPlaced(t.Context(), request)
		require.Equal(t, codes.InvalidArgument, status.Code(err), "%s: %v", name, err)
	}
	_, err := w.Saga.Reject(t.Context(), &ordersv1.RejectRequest{OrderId: id, Reason: "r", Details: []byte("{")})
	require.Equal(t, codes.InvalidArgument, status.Code(err), "details that are no JSON: %v", err)
	_, err = w.Saga.Confirm(t.Context(), &ordersv1.ConfirmRequest{OrderId: id, StockReserved: stock, PaymentAuthorized: payment})
	require.Equal(t, codes.NotFound, status.Code(err), "confirm what was never placed: %v", err)
	_, err = w.Saga.StartCompensation(t.Context(), &ordersv1.StartCompensationRequest{OrderId: id, Reason: "r"})
	require.NoError(t, err, "there is nothing to close: a saga whose order the log lost must be able to undo the rest")
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

	var tree tracetest.SpanStubs
	testkit.Eventually(t, "the projection's span", func() bool {
		tree = nil
		projected := false
		for _, span := range spans.GetSpans() {
			if span.SpanContext.TraceID() == caller.SpanContext().TraceID() {
				tree = append(tree, span)
				projected = projected || span.Name == "project order"
			}
		}
		return projected
	})
	ids := map[trace.SpanID]bool{}
	for _, span := range tree {
		ids[span.SpanContext.SpanID()] = true
	}
	for _, span := range tree {
		if span.Name != "saga" {
			require.True(t, ids[span.Parent.SpanID()], "%s has a parent in the tree", span.Name)
		}
	}
}
