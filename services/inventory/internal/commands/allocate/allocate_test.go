package allocate_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/services/inventory/internal/inventorytest"
)

type lines = inventorytest.Lines

func TestAllocateMakesAHoldLastWithoutChangingALevel(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 10})
	order := inventorytest.NewOrder()
	require.NoError(t, w.Reserve(t, order, lines{"mug": 4}))
	reserved, announced := w.Level(t, "mug"), len(w.Announcements(t))

	require.NoError(t, w.Allocate(t, order))
	require.NoError(t, w.Allocate(t, order), "repeated")

	assert.Equal(t, "allocated", w.State(t, order))
	assert.Equal(t, reserved, w.Level(t, "mug"))
	assert.Equal(t, []string{"reserve mug 4", "allocate mug 4"}, w.Movements(t, order))
	assert.Len(t, w.Announcements(t), announced, "no level has changed")
}

func TestWhatIsAllocatedDoesNotExpire(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 10})
	allocated, held := inventorytest.NewOrder(), inventorytest.NewOrder()
	_, err := w.ReserveFor(t, allocated, 5*time.Second, lines{"mug": 4})
	require.NoError(t, err)
	require.NoError(t, w.Allocate(t, allocated))
	_, err = w.ReserveFor(t, held, 5*time.Second, lines{"mug": 6})
	require.NoError(t, err)

	w.Sweep(t)
	testkit.Eventually(t, "the later hold to expire", func() bool { return w.State(t, held) == "expired" })
	assert.Equal(t, "allocated", w.State(t, allocated))
	assert.EqualValues(t, 4, w.Level(t, "mug").Reserved)
}

func TestAHoldThatRanOutIsRefusedBeforeTheSweepComesBy(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 10})
	order := inventorytest.NewOrder()
	expiresAt, err := w.ReserveFor(t, order, time.Second, lines{"mug": 4})
	require.NoError(t, err)
	w.AwaitTime(t, expiresAt)

	assert.Equal(t, refusals.HoldExpired, inventorytest.Reason(t, w.Allocate(t, order)))
	assert.Equal(t, "held", w.State(t, order), "no sweep has come by")
	assert.Equal(t, refusals.HoldExpired, inventorytest.Reason(t, w.Allocate(t, order)), "repeated")

	require.NoError(t, w.Release(t, order))
	assert.Zero(t, w.Level(t, "mug").Reserved)
}

func TestAHoldThatWasSweptIsRefused(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 10})
	order := inventorytest.NewOrder()
	_, err := w.ReserveFor(t, order, time.Second, lines{"mug": 4})
	require.NoError(t, err)
	w.Sweep(t)
	testkit.Eventually(t, "the hold to expire", func() bool { return w.State(t, order) == "expired" })
	assert.Equal(t, refusals.HoldExpired, inventorytest.Reason(t, w.Allocate(t, order)))
}

// The clock is read under the lock. After a wait for a transaction that changed nothing PostgreSQL
// goes on with what it had computed before the wait.
func TestAHoldThatRanOutWhileAllocateWaitedIsRefused(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 10})
	order := inventorytest.NewOrder()
	expiresAt, err := w.ReserveFor(t, order, 8*time.Second, lines{"mug": 4})
	require.NoError(t, err)
	end := w.HoldLocks(t, `SELECT FROM reservations WHERE order_id = $1 FOR UPDATE`, order)
	require.True(t, w.Now(t).Before(expiresAt), "the machine is too slow for this test")

	answer := make(chan error, 1)
	go func() { answer <- w.Allocate(t, order) }()
	w.AwaitBlocked(t, 1)
	w.AwaitTime(t, expiresAt)
	end(false)
	assert.Equal(t, refusals.HoldExpired, inventorytest.Reason(t, <-answer))
}

func TestAllocateAfterReleaseIsRefused(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 10})
	order := inventorytest.NewOrder()
	require.NoError(t, w.Reserve(t, order, lines{"mug": 4}))
	require.NoError(t, w.Release(t, order))
	assert.Equal(t, refusals.StepUndone, inventorytest.Reason(t, w.Allocate(t, order)))
	assert.Equal(t, "released", w.State(t, order))
}

// Not an answer that would be kept: the saga calls in order, so this is a fault.
func TestAllocateWithoutAReservationFailsAndLeavesNothingBehind(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 10})
	order := inventorytest.NewOrder()
	assert.Equal(t, codes.Internal, status.Code(w.Allocate(t, order)))
	require.NoError(t, w.Reserve(t, order, lines{"mug": 4}))
	require.NoError(t, w.Allocate(t, order))
}

func TestAllocateAndReleaseAtOnceEndReleased(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 100})
	var calls sync.WaitGroup
	for range 50 {
		order := inventorytest.NewOrder()
		require.NoError(t, w.Reserve(t, order, lines{"mug": 2}))
		calls.Go(func() {
			reason := inventorytest.Reason(t, w.Allocate(t, order))
			assert.Contains(t, []string{"", refusals.StepUndone}, reason)
		})
		calls.Go(func() { assert.NoError(t, w.Release(t, order)) })
	}
	calls.Wait()
	assert.Zero(t, w.Level(t, "mug").Reserved)
}
