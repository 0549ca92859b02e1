package reserve_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/exaring/otelpgx"
	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/platform/telemetry"
	"github.com/ordersaga/ordersaga/services/inventory/internal/inventorytest"
)

type lines = inventorytest.Lines

func TestReserveHoldsAllLinesAndTellsUntilWhen(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 10, "cup": 5})
	order := inventorytest.NewOrder()

	begun := time.Now()
	expiresAt, err := w.ReserveFor(t, order, 10*time.Minute, lines{"mug": 4, "cup": 5})
	require.NoError(t, err)

	assert.WithinRange(t, expiresAt, begun.Add(10*time.Minute-time.Second), time.Now().Add(10*time.Minute+time.Second))
	assert.Equal(t, "held", w.State(t, order))
	assert.Equal(t, inventorytest.Level{OnHand: 10, Reserved: 4, Available: 6, Version: 2}, w.Level(t, "mug"))
	assert.Equal(t, inventorytest.Level{OnHand: 5, Reserved: 5, Available: 0, Version: 2}, w.Level(t, "cup"))
	assert.Equal(t, []string{"reserve cup 5", "reserve mug 4"}, w.Movements(t, order))
}

// The order's history is written with the time of what happened, which this database knows.
func TestReserveTellsWhenItHeld(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 10})
	request := &inventoryv1.ReserveRequest{
		Step: inventorytest.ReserveStep(inventorytest.NewOrder()), HoldFor: durationpb.New(time.Minute),
		Lines: []*commonv1.Line{{Number: 1, Sku: "mug", Quantity: 1}},
	}
	begun := w.Now(t)
	first, err := w.Stock.Reserve(inventorytest.Context(t), request)
	require.NoError(t, err)
	require.Len(t, first.GetFacts(), 1)
	at := first.GetFacts()[0].GetAt().AsTime()
	assert.WithinRange(t, at, begun, w.Now(t))
	assert.WithinDuration(t, at.Add(time.Minute), first.GetFacts()[0].GetStockReserved().GetExpiresAt().AsTime(), time.Second)

	again, err := w.Stock.Reserve(inventorytest.Context(t), request)
	require.NoError(t, err)
	assert.True(t, proto.Equal(first, again), "%v, then %v", first, again)
}

// Who asks for other lines under the same step is not told that they are held, and what is held
// stays known to the barrier: its release gives it back.
func TestAnotherRequestUnderTheSameStepForgetsNoStock(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 10, "cup": 10})
	order := inventorytest.NewOrder()
	require.NoError(t, w.Reserve(t, order, lines{"mug": 3}))
	for _, other := range []lines{{"mug": 4}, {"cup": 3}, {"mug": 3, "cup": 1}} {
		assert.Equal(t, refusals.RequestMismatch, inventorytest.Reason(t, w.Reserve(t, order, other)), "%v", other)
	}
	assert.EqualValues(t, 3, w.Level(t, "mug").Reserved)
	assert.Zero(t, w.Level(t, "cup").Reserved)
	require.NoError(t, w.Reserve(t, order, lines{"mug": 3}), "the first request is still answered")
	require.NoError(t, w.Release(t, order))
	assert.Zero(t, w.Level(t, "mug").Reserved)
}

func TestReserveAnnouncesAllLevelsInOneEventOfTheOrder(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 10, "cup": 5})
	order := inventorytest.NewOrder()
	woken := w.Announced.Load()
	require.NoError(t, w.Reserve(t, order, lines{"mug": 4, "cup": 5}))

	announced := w.Announcements(t)
	require.Len(t, announced, 2, "the receipt's and the reservation's")
	assert.Equal(t, order, announced[1].Subject)
	levels := announced[1].Levels
	require.Len(t, levels, 2)
	assert.Equal(t, "cup 5 5 0 v2", fmt.Sprintf("%s %d %d %d v%d", levels[0].SKU, levels[0].OnHand, levels[0].Reserved, levels[0].Available, levels[0].Version))
	assert.Equal(t, "mug 10 4 6 v2", fmt.Sprintf("%s %d %d %d v%d", levels[1].SKU, levels[1].OnHand, levels[1].Reserved, levels[1].Available, levels[1].Version))
	assert.Greater(t, w.Announced.Load(), woken, "the relay is woken after the commit")
}

func TestReserveRefusesAllLinesWhenOneIsShortAndNamesEachShortSKU(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 10, "cup": 5, "pot": 1})
	order := inventorytest.NewOrder()

	err := w.Reserve(t, order, lines{"mug": 10, "cup": 6, "pot": 2, "unknown": 1})

	assert.Equal(t, []refusals.Shortage{
		{SKU: "cup", Requested: 6, Available: 5},
		{SKU: "pot", Requested: 2, Available: 1},
		{SKU: "unknown", Requested: 1, Available: 0},
	}, inventorytest.Shortages(t, err))
	assert.Equal(t, inventorytest.Level{OnHand: 10, Available: 10, Version: 1}, w.Level(t, "mug"), "the line that was not short")
	assert.Empty(t, w.State(t, order))
	assert.Empty(t, w.Movements(t, order))
	assert.Len(t, w.Announcements(t), 1, "only the receipt's")
}

// What both lines ask for has to be there; then each line has its own reservation.
func TestTheSameSKUOnTwoLinesIsTwoReservations(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 10})
	mugs := func(number int32, quantity int64) *commonv1.Line {
		return &commonv1.Line{Number: number, Sku: "mug", Quantity: quantity}
	}

	_, err := w.ReserveListed(t, inventorytest.NewOrder(), time.Hour, mugs(1, 6), mugs(2, 5))
	assert.Equal(t, []refusals.Shortage{{SKU: "mug", Requested: 11, Available: 10}}, inventorytest.Shortages(t, err))

	order := inventorytest.NewOrder()
	_, err = w.ReserveListed(t, order, time.Hour, mugs(1, 6), mugs(2, 4))
	require.NoError(t, err)
	assert.EqualValues(t, 10, w.Level(t, "mug").Reserved)
	assert.Equal(t, []string{"reserve mug 6", "reserve mug 4"}, w.Movements(t, order))
	assert.Equal(t, []string{"1 mug: 6 held", "2 mug: 4 held"}, w.Lines(t, inventorytest.Placing(order)))
}

func TestARepeatedReserveAnswersAsTheFirstAndHoldsNothingMore(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 10})
	order := inventorytest.NewOrder()
	answers := make([]time.Time, 20)
	var callers sync.WaitGroup
	for i := range answers {
		callers.Go(func() {
			expiresAt, err := w.ReserveFor(t, order, time.Hour, lines{"mug": 3})
			assert.NoError(t, err)
			answers[i] = expiresAt
		})
	}
	callers.Wait()
	for _, answer := range answers {
		assert.Equal(t, answers[0], answer)
	}
	assert.EqualValues(t, 3, w.Level(t, "mug").Reserved)

	// In the other spelling it is the same order.
	again, err := w.ReserveFor(t, strings.ToUpper(order), time.Hour, lines{"mug": 3})
	require.NoError(t, err)
	assert.Equal(t, answers[0], again)
	assert.EqualValues(t, 3, w.Level(t, "mug").Reserved)
}

func TestARefusedReserveStaysRefusedWhenGoodsArrive(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 1})
	order := inventorytest.NewOrder()
	first := inventorytest.Shortages(t, w.Reserve(t, order, lines{"mug": 2}))
	w.Receive(t, lines{"mug": 9})

	assert.Equal(t, first, inventorytest.Shortages(t, w.Reserve(t, order, lines{"mug": 2})),
		"the saga has gone on: a late attempt must not hold stock that nobody releases")
	assert.Zero(t, w.Level(t, "mug").Reserved)
	assert.NoError(t, w.Reserve(t, inventorytest.NewOrder(), lines{"mug": 2}), "another order")
}

// A line that came later, or another saga of the same order, has its own reservation.
func TestEachSagaOfAnOrderHasItsOwnReservation(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 10})
	order := inventorytest.NewOrder()
	require.NoError(t, w.Reserve(t, order, lines{"mug": 3}))
	require.NoError(t, w.Allocate(t, order))

	amend := func(kind, instance string) *commonv1.Saga {
		saga := &commonv1.Saga{OrderId: order, Kind: kind, Instance: instance}
		_, err := w.Stock.Reserve(inventorytest.Context(t), &inventoryv1.ReserveRequest{
			Step: &commonv1.Step{Saga: saga, Name: "reserve-stock"}, HoldFor: durationpb.New(time.Hour),
			Lines: []*commonv1.Line{{Number: 2, Sku: "mug", Quantity: 2}},
		})
		require.NoError(t, err)
		return saga
	}
	first, second := amend("amend-order", uuid.NewString()), amend("amend-order", uuid.NewString())
	sameInstance := amend("exchange-order", order)
	assert.EqualValues(t, 9, w.Level(t, "mug").Reserved)

	_, err := w.Stock.Release(inventorytest.Context(t), &inventoryv1.ReleaseRequest{Step: &commonv1.Step{Saga: second, Name: "reserve-stock"}})
	require.NoError(t, err)
	assert.Equal(t, []string{"1 mug: 3 allocated"}, w.Lines(t, inventorytest.Placing(order)))
	assert.Equal(t, []string{"2 mug: 2 held"}, w.Lines(t, first))
	assert.Equal(t, []string{"2 mug: 2 released"}, w.Lines(t, second))
	assert.Equal(t, []string{"2 mug: 2 held"}, w.Lines(t, sameInstance))
	assert.EqualValues(t, 7, w.Level(t, "mug").Reserved)
}

// One saga reserves once: a further step of it that does is a fault of the saga.
func TestASecondReservationOfASagaFailsWithoutAnEffect(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 10})
	order := inventorytest.NewOrder()
	require.NoError(t, w.Reserve(t, order, lines{"mug": 3}))

	step := inventorytest.ReserveStep(order)
	step.Name = "reserve-more-stock"
	_, err := w.Stock.Reserve(inventorytest.Context(t), &inventoryv1.ReserveRequest{
		Step: step, HoldFor: durationpb.New(time.Hour), Lines: []*commonv1.Line{{Number: 1, Sku: "mug", Quantity: 1}},
	})
	assert.Equal(t, codes.Internal, status.Code(err), "not an answer of the business: %v", err)
	assert.EqualValues(t, 3, w.Level(t, "mug").Reserved)
}

// An order of a thousand lines takes as many statements as an order of one.
func TestAThousandLinesTakeNoMoreStatementsThanOne(t *testing.T) {
	w := inventorytest.New(t)
	thousand := lines{}
	for i := range 1000 {
		thousand[fmt.Sprintf("sku-%03d", i)] = 2
	}
	w.Receive(t, thousand)

	spans := tracetest.NewInMemoryExporter()
	telemetry.SetupForTest(t, spans)
	statements := func() (names []string) {
		for _, span := range spans.GetSpans() {
			has := func(key attribute.Key) bool {
				return slices.ContainsFunc(span.Attributes, func(a attribute.KeyValue) bool { return a.Key == key })
			}
			// Preparing is done once a connection.
			if has("db.query.text") && !has(otelpgx.PrepareStmtNameKey) {
				names = append(names, span.Name)
			}
		}
		spans.Reset()
		return names
	}
	require.NoError(t, w.Reserve(t, inventorytest.NewOrder(), lines{"sku-000": 1}))
	ofOne := statements()
	order := inventorytest.NewOrder()
	for sku := range thousand {
		thousand[sku] = 1
	}
	require.NoError(t, w.Reserve(t, order, thousand))
	require.NotEmpty(t, ofOne, "statements are traced")
	assert.Equal(t, ofOne, statements())
	assert.Len(t, w.Movements(t, order), 1000)
}

// A refusal crosses gRPC in the trailers, and proxies pass 8 KiB of those.
func TestAThousandShortLinesFitIntoTheTrailers(t *testing.T) {
	w := inventorytest.New(t)
	request := &inventoryv1.ReserveRequest{Step: inventorytest.ReserveStep(inventorytest.NewOrder()), HoldFor: durationpb.New(time.Minute)}
	for i := range 1000 {
		request.Lines = append(request.Lines, &commonv1.Line{Number: int32(i + 1), Sku: fmt.Sprintf("%064d", i), Quantity: 100_000})
	}
	var trailer metadata.MD
	_, err := w.Stock.Reserve(inventorytest.Context(t), request, grpc.Trailer(&trailer))

	refused, ok := refusal.As(err)
	require.True(t, ok, "%v", err)
	var details refusals.OutOfStockDetails
	require.NoError(t, json.Unmarshal(refused.Details, &details))
	require.Len(t, details.Shortages, 25)
	assert.Equal(t, refusals.Shortage{SKU: request.GetLines()[24].GetSku(), Requested: 100_000}, details.Shortages[24])
	assert.Equal(t, 975, details.More)
	size := len(refused.Message)
	for name, values := range trailer {
		for _, value := range values {
			size += len(name) + base64.StdEncoding.EncodedLen(len(value))
		}
	}
	assert.Greater(t, size, 2000, "the details are in the trailers: %v", trailer)
	assert.Less(t, size, 5000)
}

// The largest order that REST takes: a thousand lines, here all of one product.
func TestTheLargestOrderIsHeld(t *testing.T) {
	w := inventorytest.New(t)
	request := &inventoryv1.ReserveRequest{Step: inventorytest.ReserveStep(inventorytest.NewOrder()), HoldFor: durationpb.New(time.Minute)}
	sku := strings.Repeat("x", 64)
	for i := range 1000 {
		request.Lines = append(request.Lines, &commonv1.Line{Number: int32(i + 1), Sku: sku, Quantity: 100_000})
		if i%250 == 0 {
			w.Receive(t, lines{sku: 100_000})
		}
	}
	_, err := w.Stock.Reserve(inventorytest.Context(t), request)
	assert.Equal(t, []refusals.Shortage{{SKU: sku, Requested: 100_000_000, Available: 400_000}}, inventorytest.Shortages(t, err))

	_, err = w.DB.SQL.ExecContext(t.Context(), `UPDATE stock_items SET on_hand = 100000000, received = 100000000`)
	require.NoError(t, err)
	_, err = w.DB.SQL.ExecContext(t.Context(), `INSERT INTO movements (sku, kind, quantity, reference) VALUES ($1, 'receive', 99600000, gen_random_uuid())`, sku)
	require.NoError(t, err)
	request.Step = inventorytest.ReserveStep(inventorytest.NewOrder())
	_, err = w.Stock.Reserve(inventorytest.Context(t), request)
	require.NoError(t, err)
	assert.Zero(t, w.Level(t, sku).Available)
	assert.Len(t, w.Lines(t, request.GetStep().GetSaga()), 1000)
}

func TestMalformedRequestsAreRefused(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 10})
	good := func() *inventoryv1.ReserveRequest {
		return &inventoryv1.ReserveRequest{
			Step: inventorytest.ReserveStep(inventorytest.NewOrder()), HoldFor: durationpb.New(time.Minute),
			Lines: []*commonv1.Line{{Number: 1, Sku: "mug", Quantity: 1}},
		}
	}
	for name, spoil := range map[string]func(*inventoryv1.ReserveRequest){
		"no step":        func(r *inventoryv1.ReserveRequest) { r.Step = nil },
		"no order":       func(r *inventoryv1.ReserveRequest) { r.Step.Saga.OrderId = "17" },
		"no saga":        func(r *inventoryv1.ReserveRequest) { r.Step.Saga = nil },
		"no instance":    func(r *inventoryv1.ReserveRequest) { r.Step.Saga.Instance = "" },
		"no line number": func(r *inventoryv1.ReserveRequest) { r.Lines[0].Number = 0 },
		"no lines":       func(r *inventoryv1.ReserveRequest) { r.Lines = nil },
		"too many lines": func(r *inventoryv1.ReserveRequest) { r.Lines = make([]*commonv1.Line, 1001) },
		"one number twice": func(r *inventoryv1.ReserveRequest) {
			r.Lines = append(r.Lines, &commonv1.Line{Number: 1, Sku: "cup", Quantity: 1})
		},
		"no quantity":        func(r *inventoryv1.ReserveRequest) { r.Lines[0].Quantity = 0 },
		"negative quantity":  func(r *inventoryv1.ReserveRequest) { r.Lines[0].Quantity = -1 },
		"too large quantity": func(r *inventoryv1.ReserveRequest) { r.Lines[0].Quantity = 100_001 },
		"no hold":            func(r *inventoryv1.ReserveRequest) { r.HoldFor = nil },
		"a hold for days":    func(r *inventoryv1.ReserveRequest) { r.HoldFor = durationpb.New(48 * time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			request := good()
			spoil(request)
			_, err := w.Stock.Reserve(inventorytest.Context(t), request)
			assert.Equal(t, codes.InvalidArgument, status.Code(err), "%v", err)
		})
	}
	assert.EqualValues(t, 1, w.Level(t, "mug").Version)
}
