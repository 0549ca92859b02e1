package expireholds_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/services/inventory/internal/inventorytest"
)

type lines = inventorytest.Lines

func TestAHoldThatRanOutIsEndedAndItsStockIsFreeAgain(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 10, "cup": 5})
	short, long := inventorytest.NewOrder(), inventorytest.NewOrder()
	_, err := w.ReserveFor(t, short, time.Second, lines{"mug": 4, "cup": 1})
	require.NoError(t, err)
	require.NoError(t, w.Reserve(t, long, lines{"mug": 6}))
	announced, woken := len(w.Announcements(t)), w.Announced.Load()

	w.Sweep(t)
	testkit.Eventually(t, "the hold to expire", func() bool { return w.State(t, short) == "expired" })

	assert.Equal(t, "held", w.State(t, long))
	assert.EqualValues(t, 6, w.Level(t, "mug").Reserved)
	assert.Zero(t, w.Level(t, "cup").Reserved)
	assert.Equal(t, []string{"reserve cup 1", "reserve mug 4", "expire cup 1", "expire mug 4"}, w.Movements(t, short))
	told := w.Announcements(t)[announced:]
	require.Len(t, told, 1)
	assert.Len(t, told[0].Levels, 2)
	testkit.Eventually(t, "the relay to be woken", func() bool { return w.Announced.Load() > woken })
}

func TestSeveralSweepersEndEachHoldOnce(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 1000, "cup": 1000})
	orders := make([]string, 250) // many transactions
	var shoppers sync.WaitGroup
	for i := range orders {
		orders[i] = inventorytest.NewOrder()
		shoppers.Go(func() {
			_, err := w.ReserveFor(t, orders[i], time.Second, lines{"mug": 2, "cup": 1})
			assert.NoError(t, err)
		})
	}
	shoppers.Wait()
	for range 3 {
		w.Sweep(t)
	}
	testkit.Eventually(t, "all holds to expire", func() bool { return w.Level(t, "mug").Reserved == 0 })
	for _, order := range orders {
		assert.Equal(t, []string{"reserve cup 1", "reserve mug 2", "expire cup 1", "expire mug 2"}, w.Movements(t, order))
	}
}

// However many holds ran out together, buyers of their stock wait for a few of them at a time.
func TestOneTransactionOfTheSweepEndsAFewHolds(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 100})
	var last time.Time
	for range 23 {
		expiresAt, err := w.ReserveFor(t, inventorytest.NewOrder(), time.Second, lines{"mug": 1})
		require.NoError(t, err)
		last = expiresAt
	}
	w.AwaitTime(t, last)
	announced := len(w.Announcements(t))
	w.Sweep(t)
	testkit.Eventually(t, "all holds to expire", func() bool { return w.Level(t, "mug").Reserved == 0 })
	var freed []int64
	left := int64(23)
	for _, told := range w.Announcements(t)[announced:] {
		freed = append(freed, left-told.Levels[0].Reserved)
		left = told.Levels[0].Reserved
	}
	assert.Equal(t, []int64{10, 10, 3}, freed)
}

// What the constraints forbid can only come from a hand in the tables. It concerns one order; the
// others' stock comes back all the same, whether they ran out before it or after it.
func TestAHoldThatCannotBeEndedHoldsUpNoOther(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 100, "broken": 100})
	var orders []string
	var bad string
	for i := range 25 {
		order, sku := inventorytest.NewOrder(), "mug"
		if i == 3 {
			bad, sku = order, "broken"
		}
		_, err := w.ReserveFor(t, order, time.Second, lines{sku: 1})
		require.NoError(t, err)
		orders = append(orders, order)
	}
	set := func(reserved int) {
		_, err := w.DB.SQL.ExecContext(t.Context(), `UPDATE stock_items SET reserved = $1 WHERE sku = 'broken'`, reserved)
		require.NoError(t, err)
	}
	set(0)
	w.Sweep(t)
	testkit.Eventually(t, "the other holds to expire", func() bool { return w.Level(t, "mug").Reserved == 0 })
	assert.Equal(t, "held", w.State(t, bad))
	set(1)
	testkit.Eventually(t, "the hold to expire when it can", func() bool { return w.State(t, bad) == "expired" })
	for _, order := range orders {
		assert.Equal(t, "expired", w.State(t, order))
	}
}

func TestTheSweepPassesAHoldThatIsBeingWorkedOn(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 10})
	busy, idle := inventorytest.NewOrder(), inventorytest.NewOrder()
	for _, order := range []string{busy, idle} {
		_, err := w.ReserveFor(t, order, time.Second, lines{"mug": 2})
		require.NoError(t, err)
	}
	end := w.HoldLocks(t, `SELECT FROM reservations WHERE order_id = $1 FOR UPDATE`, busy)
	w.Sweep(t)
	testkit.Eventually(t, "the idle hold to expire", func() bool { return w.State(t, idle) == "expired" })
	assert.Equal(t, "held", w.State(t, busy))
	end(false)
	testkit.Eventually(t, "the hold that was busy to expire", func() bool { return w.State(t, busy) == "expired" })
}

// Around the instant of expiry either the allocation or the sweep wins, and the stock is as the
// winner says.
func TestAllocationAndExpiryNeverBothWin(t *testing.T) {
	const orders = 200
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 10 * orders, "cup": orders})
	w.Sweep(t)
	w.Sweep(t)
	var allocated, expired atomic.Int64
	var shoppers sync.WaitGroup
	for i := range orders {
		order := inventorytest.NewOrder()
		expiresAt, err := w.ReserveFor(t, order, time.Second, lines{"mug": 2, "cup": 1})
		require.NoError(t, err)
		shoppers.Go(func() {
			offset := time.Duration(i%81-60) * time.Millisecond
			if i%10 == 0 {
				offset = -800 * time.Millisecond // in time on a busy machine, too
			}
			aim(expiresAt, offset)
			switch reason := inventorytest.Reason(t, w.Allocate(t, order)); reason {
			case "":
				allocated.Add(1)
				assert.Equal(t, "allocated", w.State(t, order))
			case refusals.HoldExpired:
				expired.Add(1)
				testkit.Eventually(t, "the refused hold to be swept", func() bool { return w.State(t, order) == "expired" })
			default:
				t.Errorf("refused for the wrong reason: %s", reason)
			}
		})
	}
	shoppers.Wait()
	t.Logf("%d allocated, %d expired", allocated.Load(), expired.Load())
	assert.Positive(t, allocated.Load(), "the race was not run: all expired")
	assert.Positive(t, expired.Load(), "the race was not run: none expired")
	assert.EqualValues(t, orders, allocated.Load()+expired.Load())
	assert.Equal(t, 2*allocated.Load(), w.Level(t, "mug").Reserved)
	assert.Equal(t, allocated.Load(), w.Level(t, "cup").Reserved)
}

// Release and sweep meet at the same hold: it is freed by one of them.
func TestReleaseAndExpiryFreeAHoldOnce(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 1000})
	w.Sweep(t)
	var shoppers sync.WaitGroup
	for i := range 100 {
		order := inventorytest.NewOrder()
		expiresAt, err := w.ReserveFor(t, order, time.Second, lines{"mug": 2})
		require.NoError(t, err)
		shoppers.Go(func() {
			aim(expiresAt, time.Duration(i%41-10)*time.Millisecond)
			assert.NoError(t, w.Release(t, order))
			movements := w.Movements(t, order)
			assert.Len(t, movements, 2, "reserved once, freed once: %v", movements)
		})
	}
	shoppers.Wait()
	assert.Zero(t, w.Level(t, "mug").Reserved)
}

// aim returns close to an instant. It waits for nothing but the instant itself: a race has to be
// run at its time.
func aim(at time.Time, offset time.Duration) {
	<-time.After(time.Until(at.Add(offset)))
}
