package releaseunits_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/services/inventory/internal/inventorytest"
)

type lines = inventorytest.Lines

// releaseUnits frees units of the lines of an order, by their numbers, in a saga of its own.
func releaseUnits(order, instance string, units map[int32]int64) *inventoryv1.ReleaseUnitsRequest {
	request := &inventoryv1.ReleaseUnitsRequest{
		Step:       &commonv1.Step{Saga: &commonv1.Saga{OrderId: order, Kind: "cancel-order", Instance: instance}, Name: "release-units"},
		ReservedBy: inventorytest.Placing(order),
	}
	for number := int32(1); number <= 2; number++ {
		if units[number] > 0 {
			request.Lines = append(request.Lines, &commonv1.Line{Number: number, Sku: map[int32]string{1: "cup", 2: "mug"}[number], Quantity: units[number]})
		}
	}
	return request
}

func allocated(t *testing.T) (w *inventorytest.World, order string) {
	t.Helper()
	w, order = inventorytest.New(t), inventorytest.NewOrder()
	w.Receive(t, lines{"cup": 5, "mug": 10})
	require.NoError(t, w.Reserve(t, order, lines{"cup": 2, "mug": 4}))
	require.NoError(t, w.Allocate(t, order))
	return w, order
}

func TestUnitsAreFreedOnceAndTheReservationEndsWithTheLast(t *testing.T) {
	w, order := allocated(t)
	part := releaseUnits(order, uuid.NewString(), map[int32]int64{2: 3})
	for range 2 {
		answer, err := w.Stock.ReleaseUnits(inventorytest.Context(t), part)
		require.NoError(t, err)
		assert.Empty(t, answer.GetFacts(), "something is left")
	}
	assert.EqualValues(t, 2, w.Level(t, "cup").Reserved)
	assert.EqualValues(t, 1, w.Level(t, "mug").Reserved)
	assert.Equal(t, "allocated", w.State(t, order))

	answer, err := w.Stock.ReleaseUnits(inventorytest.Context(t), releaseUnits(order, uuid.NewString(), map[int32]int64{1: 2, 2: 1}))
	require.NoError(t, err)
	require.Len(t, answer.GetFacts(), 1)
	assert.NotNil(t, answer.GetFacts()[0].GetStockReleased())
	assert.Zero(t, w.Level(t, "cup").Reserved)
	assert.Zero(t, w.Level(t, "mug").Reserved)
	assert.Equal(t, "released", w.State(t, order))
}

func TestUnitsThatAreWrittenOffLeaveTheStockWithTheirReservation(t *testing.T) {
	w, order := allocated(t)
	request := releaseUnits(order, uuid.NewString(), map[int32]int64{1: 2, 2: 3})
	request.WriteOff = true
	for range 2 {
		_, err := w.Stock.ReleaseUnits(inventorytest.Context(t), request)
		require.NoError(t, err)
	}
	assert.Equal(t, []int64{3, 0}, []int64{w.Level(t, "cup").OnHand, w.Level(t, "cup").Reserved}, "once")
	assert.Equal(t, []int64{7, 1}, []int64{w.Level(t, "mug").OnHand, w.Level(t, "mug").Reserved})
	other := proto.CloneOf(request)
	other.WriteOff = false
	_, err := w.Stock.ReleaseUnits(inventorytest.Context(t), other)
	assert.Equal(t, refusals.RequestMismatch, inventorytest.Reason(t, err), "to be sold again is another request")
	request = releaseUnits(order, uuid.NewString(), map[int32]int64{2: 2})
	request.WriteOff = true
	_, err = w.Stock.ReleaseUnits(inventorytest.Context(t), request)
	assert.Equal(t, refusals.NotAllocated, inventorytest.Reason(t, err))
	assert.EqualValues(t, 7, w.Level(t, "mug").OnHand, "what is not allocated is not written off")
	w.CheckInvariants(t)
}

func TestMoreThanIsAllocatedFreesNothing(t *testing.T) {
	w, order := allocated(t)
	for name, of := range map[string]string{"one line": order, "no reservation": inventorytest.NewOrder()} {
		_, err := w.Stock.ReleaseUnits(inventorytest.Context(t), releaseUnits(of, uuid.NewString(), map[int32]int64{1: 1, 2: 5}))
		assert.Equal(t, refusals.NotAllocated, inventorytest.Reason(t, err), name)
	}
	assert.EqualValues(t, 2, w.Level(t, "cup").Reserved, "all lines or none")
	assert.EqualValues(t, 4, w.Level(t, "mug").Reserved)
}

func TestOnlyTheOrderOfTheStepIsFreedAndEachLineOnce(t *testing.T) {
	w, order := allocated(t)
	other := releaseUnits(order, uuid.NewString(), map[int32]int64{1: 1})
	other.Step.Saga.OrderId = inventorytest.NewOrder()
	twice := releaseUnits(order, uuid.NewString(), map[int32]int64{1: 1})
	twice.Lines = append(twice.Lines, twice.Lines[0])
	for name, request := range map[string]*inventoryv1.ReleaseUnitsRequest{"of another order": other, "one line twice": twice} {
		_, err := w.Stock.ReleaseUnits(inventorytest.Context(t), request)
		assert.Equal(t, codes.InvalidArgument, status.Code(err), "%s: %v", name, err)
	}
	assert.EqualValues(t, 2, w.Level(t, "cup").Reserved)
}
