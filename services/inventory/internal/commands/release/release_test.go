package release_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/services/inventory/internal/inventorytest"
)

type lines = inventorytest.Lines

func TestReleaseFreesWhatIsHeldOrAllocatedOnce(t *testing.T) {
	for name, allocated := range map[string]bool{"held": false, "allocated": true} {
		t.Run(name, func(t *testing.T) {
			w := inventorytest.New(t)
			w.Receive(t, lines{"mug": 10, "cup": 5})
			order, other := inventorytest.NewOrder(), inventorytest.NewOrder()
			require.NoError(t, w.Reserve(t, order, lines{"mug": 4, "cup": 1}))
			require.NoError(t, w.Reserve(t, other, lines{"mug": 3}))
			if allocated {
				require.NoError(t, w.Allocate(t, order))
			}
			announced := len(w.Announcements(t))

			require.NoError(t, w.Release(t, order))
			require.NoError(t, w.Release(t, order), "repeated")

			assert.Equal(t, "released", w.State(t, order))
			assert.Equal(t, "held", w.State(t, other))
			assert.EqualValues(t, 3, w.Level(t, "mug").Reserved)
			assert.Zero(t, w.Level(t, "cup").Reserved)
			movements := w.Movements(t, order)
			assert.Equal(t, []string{"release cup 1", "release mug 4"}, movements[len(movements)-2:])
			told := w.Announcements(t)[announced:]
			require.Len(t, told, 1)
			assert.Equal(t, order, told[0].Subject)
			assert.Len(t, told[0].Levels, 2)
		})
	}
}

// A saga that lost its memory learns from the release what there was to undo.
func TestReleaseTellsWhatWasReservedAndFreed(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 10})

	released := inventorytest.NewOrder()
	expiresAt, err := w.ReserveFor(t, released, time.Hour, lines{"mug": 4})
	require.NoError(t, err)
	require.NoError(t, w.Allocate(t, released))
	begun := w.Now(t)
	first := facts(t, w, released)
	require.Len(t, first, 2)
	assert.Equal(t, expiresAt, first[0].GetStockReserved().GetExpiresAt().AsTime())
	assert.False(t, first[0].GetAt().AsTime().After(begun))
	assert.NotNil(t, first[1].GetStockReleased())
	assert.WithinRange(t, first[1].GetAt().AsTime(), begun, w.Now(t))
	again := facts(t, w, released)
	require.Len(t, again, 2)
	for i := range again {
		assert.True(t, proto.Equal(first[i], again[i]), "%v, then %v", first[i], again[i])
	}

	expired := inventorytest.NewOrder()
	expiresAt, err = w.ReserveFor(t, expired, time.Second, lines{"mug": 4})
	require.NoError(t, err)
	w.Sweep(t)
	testkit.Eventually(t, "the hold to expire", func() bool { return w.State(t, expired) == "expired" })
	swept := facts(t, w, expired)
	require.Len(t, swept, 2, "free since the sweep")
	assert.NotNil(t, swept[1].GetStockReleased())
	assert.WithinRange(t, swept[1].GetAt().AsTime(), expiresAt, w.Now(t))

	refused := inventorytest.NewOrder()
	inventorytest.Shortages(t, w.Reserve(t, refused, lines{"mug": 11}))
	assert.Empty(t, facts(t, w, refused), "nothing was reserved")
	assert.Empty(t, facts(t, w, inventorytest.NewOrder()), "nothing was asked for")
}

func facts(t *testing.T, w *inventorytest.World, order string) []*commonv1.Fact {
	t.Helper()
	answered, err := w.ReleaseFacts(t, order)
	require.NoError(t, err)
	return answered
}

// An undo trusts nobody who calls it: stock of a confirmed order is not given back.
func TestAReleaseThatTheOrderForbidsChangesNothing(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 10})
	order := inventorytest.NewOrder()
	require.NoError(t, w.Reserve(t, order, lines{"mug": 4}))
	require.NoError(t, w.Allocate(t, order))
	announced := len(w.Announcements(t))

	w.Orders.Answers(&ordersv1.CheckUndoResponse{Why: "what placing did stands"}, nil)
	err := w.Release(t, order)
	assert.Equal(t, refusals.UndoNotAllowed, inventorytest.Reason(t, err))
	assert.ErrorContains(t, err, "what placing did stands")
	require.Len(t, w.Orders.Asked(), 1)
	assert.True(t, proto.Equal(inventorytest.Placing(order), w.Orders.Asked()[0].GetSaga()), "%v", w.Orders.Asked())
	late := inventorytest.NewOrder()
	assert.Equal(t, refusals.UndoNotAllowed, inventorytest.Reason(t, w.Release(t, late)))

	w.Orders.Answers(nil, status.Error(codes.Unavailable, "connection refused"))
	assert.Equal(t, codes.Unavailable, status.Code(w.Release(t, order)), "to be asked again")

	assert.Equal(t, "allocated", w.State(t, order))
	assert.EqualValues(t, 4, w.Level(t, "mug").Reserved)
	assert.Equal(t, []string{"reserve mug 4", "allocate mug 4"}, w.Movements(t, order))
	assert.Len(t, w.Announcements(t), announced)
	require.NoError(t, w.Allocate(t, order), "the step is not undone")
	require.NoError(t, w.Reserve(t, late, lines{"mug": 1}), "no tombstone was left")

	w.Orders.Answers(&ordersv1.CheckUndoResponse{Allowed: true}, nil)
	require.NoError(t, w.Release(t, order))
	assert.Equal(t, "released", w.State(t, order))
}

func TestAReserveThatComesAfterItsReleaseHoldsNothing(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 10})
	order := inventorytest.NewOrder()
	require.NoError(t, w.Release(t, order), "an undo before its do")
	assert.Equal(t, refusals.StepUndone, inventorytest.Reason(t, w.Reserve(t, order, lines{"mug": 4})))
	require.NoError(t, w.Release(t, order))
	assert.Equal(t, inventorytest.Level{OnHand: 10, Available: 10, Version: 1}, w.Level(t, "mug"))
}

func TestARepeatedReserveAfterTheReleaseIsRefused(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 10})
	order := inventorytest.NewOrder()
	require.NoError(t, w.Reserve(t, order, lines{"mug": 4}))
	require.NoError(t, w.Release(t, order))
	assert.Equal(t, refusals.StepUndone, inventorytest.Reason(t, w.Reserve(t, order, lines{"mug": 4})))
	assert.Zero(t, w.Level(t, "mug").Reserved)
}

func TestReleaseOfARefusedReserveChangesNothing(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 1})
	order := inventorytest.NewOrder()
	inventorytest.Shortages(t, w.Reserve(t, order, lines{"mug": 2}))
	require.NoError(t, w.Release(t, order))
	assert.EqualValues(t, 1, w.Level(t, "mug").Version)
}

func TestReleaseOfAnExpiredHoldFreesNothingTwice(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 10})
	order, other := inventorytest.NewOrder(), inventorytest.NewOrder()
	_, err := w.ReserveFor(t, order, time.Second, lines{"mug": 4})
	require.NoError(t, err)
	require.NoError(t, w.Reserve(t, other, lines{"mug": 5}))
	w.Sweep(t)
	testkit.Eventually(t, "the hold to expire", func() bool { return w.State(t, order) == "expired" })

	require.NoError(t, w.Release(t, order))
	assert.Equal(t, "expired", w.State(t, order))
	assert.EqualValues(t, 5, w.Level(t, "mug").Reserved)
}

func TestReserveAndReleaseAtOnceEndWithNothingHeld(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 1000, "cup": 1000})
	var calls sync.WaitGroup
	for range 100 {
		order := inventorytest.NewOrder()
		calls.Go(func() {
			reason := inventorytest.Reason(t, w.Reserve(t, order, lines{"mug": 2, "cup": 3}))
			assert.Contains(t, []string{"", refusals.StepUndone}, reason)
		})
		for range 2 {
			calls.Go(func() { assert.NoError(t, w.Release(t, order)) })
		}
	}
	calls.Wait()
	assert.Zero(t, w.Level(t, "mug").Reserved)
	assert.Zero(t, w.Level(t, "cup").Reserved)
}

// The do is in its transaction, its row of the barrier not committed yet: the undo must wait for
// it, or it would leave a hold that nobody releases.
func TestAReleaseDuringItsReserveWaitsAndUndoesIt(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 10})
	order := inventorytest.NewOrder()
	end := w.HoldLocks(t, `SELECT FROM stock_items WHERE sku = 'mug' FOR UPDATE`)
	reserved, released := make(chan error, 1), make(chan error, 1)
	go func() { reserved <- w.Reserve(t, order, lines{"mug": 4}) }()
	w.AwaitBlocked(t, 1)
	go func() { released <- w.Release(t, order) }()
	w.AwaitBlocked(t, 2)
	end(false)

	require.NoError(t, <-reserved)
	require.NoError(t, <-released)
	assert.Equal(t, "released", w.State(t, order))
	assert.Zero(t, w.Level(t, "mug").Reserved)
}
