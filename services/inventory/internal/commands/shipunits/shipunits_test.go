package shipunits_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/services/inventory/internal/inventorytest"
)

type (
	lines = inventorytest.Lines
	units = map[int32]int64 // by the line's number
)

// skus of the order that allocated makes, by the line's number.
var skus = map[int32]string{1: "cup", 2: "mug"}

func listed(taken units) (listed []*commonv1.Line) {
	for number := int32(1); number <= 2; number++ {
		if taken[number] > 0 {
			listed = append(listed, &commonv1.Line{Number: number, Sku: skus[number], Quantity: taken[number]})
		}
	}
	return listed
}

// shipment ships units of an order, in a saga of its own.
func shipment(order string, taken units) *inventoryv1.ShipUnitsRequest {
	return &inventoryv1.ShipUnitsRequest{
		Step:       &commonv1.Step{Saga: &commonv1.Saga{OrderId: order, Kind: "ship-order", Instance: uuid.NewString()}, Name: "ship-units"},
		ReservedBy: inventorytest.Placing(order), Lines: listed(taken),
	}
}

// cancellation frees units of an order, in a saga of its own.
func cancellation(order string, taken units) *inventoryv1.ReleaseUnitsRequest {
	return &inventoryv1.ReleaseUnitsRequest{
		Step:       &commonv1.Step{Saga: &commonv1.Saga{OrderId: order, Kind: "cancel-order", Instance: uuid.NewString()}, Name: "release-units"},
		ReservedBy: inventorytest.Placing(order), Lines: listed(taken),
	}
}

// allocated makes an order with two cups and four mugs, of five and ten.
func allocated(t *testing.T) (w *inventorytest.World, order string) {
	t.Helper()
	w, order = inventorytest.New(t), inventorytest.NewOrder()
	w.Receive(t, lines{"cup": 5, "mug": 10})
	require.NoError(t, w.Reserve(t, order, lines{"cup": 2, "mug": 4}))
	require.NoError(t, w.Allocate(t, order))
	return w, order
}

func ship(t *testing.T, w *inventorytest.World, order string, taken units) error {
	t.Helper()
	_, err := w.Stock.ShipUnits(inventorytest.Context(t), shipment(order, taken))
	return err
}

func cancel(t *testing.T, w *inventorytest.World, order string, taken units) (*inventoryv1.ReleaseUnitsResponse, error) {
	t.Helper()
	return w.Stock.ReleaseUnits(inventorytest.Context(t), cancellation(order, taken))
}

func TestUnitsLeaveTheStockOnce(t *testing.T) {
	w, order := allocated(t)
	before, events := w.Now(t), len(w.Announcements(t))
	request := shipment(order, units{1: 2, 2: 3})
	first, err := w.Stock.ShipUnits(inventorytest.Context(t), request)
	require.NoError(t, err)
	again, err := w.Stock.ShipUnits(inventorytest.Context(t), request)
	require.NoError(t, err)
	assert.Equal(t, first.GetShippedAt().AsTime(), again.GetShippedAt().AsTime(), "repeated: answered as the first time")
	assert.WithinRange(t, first.GetShippedAt().AsTime(), before, w.Now(t))

	assert.Equal(t, inventorytest.Level{OnHand: 3, Available: 3, Version: 3}, w.Level(t, "cup"))
	assert.Equal(t, inventorytest.Level{OnHand: 7, Reserved: 1, Available: 6, Version: 3}, w.Level(t, "mug"))
	assert.Equal(t, []string{"1 cup: 2 shipped", "2 mug: 1 allocated, 3 shipped"}, w.Lines(t, inventorytest.Placing(order)))
	assert.Equal(t, "shipped", w.State(t, order))
	moved := w.Movements(t, order)
	assert.Equal(t, []string{"ship cup 2", "ship mug 3"}, moved[len(moved)-2:])
	announced := w.Announcements(t)
	require.Len(t, announced, events+1)
	assert.Equal(t, order, announced[events].Subject)
	assert.Len(t, announced[events].Levels, 2)

	require.NoError(t, ship(t, w, order, units{2: 1}), "a second shipment of one order")
	assert.Equal(t, inventorytest.Level{OnHand: 6, Available: 6, Version: 4}, w.Level(t, "mug"))
	assert.Equal(t, refusals.NotAllocated, inventorytest.Reason(t, ship(t, w, order, units{2: 1})), "nothing is left")
}

func TestMoreThanIsAllocatedShipsNothing(t *testing.T) {
	w, order := allocated(t)
	held := inventorytest.NewOrder()
	require.NoError(t, w.Reserve(t, held, lines{"cup": 1, "mug": 5}))
	for name, of := range map[string]string{"one line": order, "only held": held, "no reservation": inventorytest.NewOrder()} {
		assert.Equal(t, refusals.NotAllocated, inventorytest.Reason(t, ship(t, w, of, units{1: 1, 2: 5})), name)
	}
	other := shipment(order, units{1: 1})
	other.Lines[0].Sku = "mug"
	_, err := w.Stock.ShipUnits(inventorytest.Context(t), other)
	assert.Equal(t, refusals.NotAllocated, inventorytest.Reason(t, err), "the line is of another SKU")
	assert.EqualValues(t, 5, w.Level(t, "cup").OnHand, "all lines or none")
	assert.EqualValues(t, 10, w.Level(t, "mug").OnHand)
	assert.Equal(t, "allocated", w.State(t, order))
}

func TestWhatIsLeftOfAShippedOrderCanBeCancelled(t *testing.T) {
	w, order := allocated(t)
	require.NoError(t, ship(t, w, order, units{2: 1}))
	answer, err := cancel(t, w, order, units{1: 2, 2: 3})
	require.NoError(t, err)
	assert.Empty(t, answer.GetFacts(), "some of it has left: the stock as a whole was not freed")
	assert.Equal(t, "shipped", w.State(t, order))
	assert.Equal(t, inventorytest.Level{OnHand: 5, Available: 5, Version: 3}, w.Level(t, "cup"))
	assert.Equal(t, inventorytest.Level{OnHand: 9, Available: 9, Version: 4}, w.Level(t, "mug"))
	assert.Equal(t, refusals.NotAllocated, inventorytest.Reason(t, ship(t, w, order, units{1: 1})), "cancelled units do not leave")
}

func TestWhatIsLeftOfAPartlyCancelledOrderCanBeShipped(t *testing.T) {
	w, order := allocated(t)
	_, err := cancel(t, w, order, units{1: 2, 2: 3})
	require.NoError(t, err)
	assert.Equal(t, refusals.NotAllocated, inventorytest.Reason(t, ship(t, w, order, units{2: 2})))
	require.NoError(t, ship(t, w, order, units{2: 1}))
	assert.Equal(t, "shipped", w.State(t, order))
	assert.Equal(t, inventorytest.Level{OnHand: 9, Available: 9, Version: 4}, w.Level(t, "mug"))
	_, err = cancel(t, w, order, units{2: 1})
	assert.Equal(t, refusals.NotAllocated, inventorytest.Reason(t, err), "what has left is not freed")
}

// Shipments and cancellations reach for the same units: each unit is in one place afterwards.
func TestShipmentsAndCancellationsAtOnceTakeEachUnitOnce(t *testing.T) {
	w, order := inventorytest.New(t), inventorytest.NewOrder()
	w.Receive(t, lines{"cup": 20, "mug": 20})
	require.NoError(t, w.Reserve(t, order, lines{"cup": 10, "mug": 10}))
	require.NoError(t, w.Allocate(t, order))
	var shipped, freed atomic.Int64
	count := func(err error, counted *atomic.Int64) {
		if inventorytest.Reason(t, err) == "" {
			counted.Add(1)
		} else {
			assert.Equal(t, refusals.NotAllocated, inventorytest.Reason(t, err))
		}
	}
	var callers sync.WaitGroup
	for range 12 {
		callers.Go(func() { count(ship(t, w, order, units{1: 1, 2: 1}), &shipped) })
		callers.Go(func() {
			_, err := cancel(t, w, order, units{1: 1, 2: 1})
			count(err, &freed)
		})
	}
	callers.Wait()
	assert.EqualValues(t, 10, shipped.Load()+freed.Load())
	for _, sku := range skus {
		assert.Equal(t, 20-shipped.Load(), w.Level(t, sku).OnHand)
		assert.Zero(t, w.Level(t, sku).Reserved)
	}
}

func TestOnlyTheOrderOfTheStepIsShippedAndEachLineOnce(t *testing.T) {
	w, order := allocated(t)
	other := shipment(order, units{1: 1})
	other.Step.Saga.OrderId = inventorytest.NewOrder()
	twice := shipment(order, units{1: 1})
	twice.Lines = append(twice.Lines, twice.Lines[0])
	for name, request := range map[string]*inventoryv1.ShipUnitsRequest{"of another order": other, "one line twice": twice} {
		_, err := w.Stock.ShipUnits(inventorytest.Context(t), request)
		assert.Equal(t, codes.InvalidArgument, status.Code(err), "%s: %v", name, err)
	}
	assert.EqualValues(t, 5, w.Level(t, "cup").OnHand)
}
