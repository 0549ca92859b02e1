package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/services/inventory/internal/domain"
	"github.com/ordersaga/ordersaga/services/inventory/internal/inventorytest"
	"github.com/ordersaga/ordersaga/services/inventory/internal/store"
)

type lines = inventorytest.Lines

func TestFiveHundredBuyersOfAHundredUnitsGetExactlyAHundred(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 100})
	var sold, refused atomic.Int64
	var buyers sync.WaitGroup
	start := make(chan struct{})
	for range 500 {
		buyers.Go(func() {
			<-start
			err := w.Reserve(t, inventorytest.NewOrder(), lines{"mug": 1})
			switch reason := inventorytest.Reason(t, err); reason {
			case "":
				sold.Add(1)
			case refusals.OutOfStock:
				refused.Add(1)
				assert.Equal(t, []refusals.Shortage{{SKU: "mug", Requested: 1, Available: 0}}, inventorytest.Shortages(t, err),
					"refused while there was stock")
			default:
				t.Errorf("refused for the wrong reason: %s", reason)
			}
		})
	}
	close(start)
	buyers.Wait()
	assert.EqualValues(t, 100, sold.Load())
	assert.EqualValues(t, 400, refused.Load())
	assert.Equal(t, inventorytest.Level{OnHand: 100, Reserved: 100, Version: 101}, w.Level(t, "mug"))
}

// A statement that waited for a lock must go on with the row as it is then, not as it was in its
// snapshot.
func TestAReserveThatWaitedSeesWhatIsLeft(t *testing.T) {
	for name, c := range map[string]struct {
		commits  bool // the other transaction, which takes 60 of 100
		wanted   int64
		short    []refusals.Shortage
		reserved int64
	}{
		"too little is left":        {commits: true, wanted: 50, short: []refusals.Shortage{{SKU: "mug", Requested: 50, Available: 40}}, reserved: 60},
		"just enough is left":       {commits: true, wanted: 40, reserved: 100},
		"the other one rolled back": {commits: false, wanted: 50, reserved: 50},
	} {
		t.Run(name, func(t *testing.T) {
			w := inventorytest.New(t)
			w.Receive(t, lines{"cup": 7, "mug": 100})
			slow := begin(t, w)
			reserve(t, slow, lines{"mug": 60})

			answer := make(chan error, 1)
			go func() { answer <- w.Reserve(t, inventorytest.NewOrder(), lines{"cup": 7, "mug": c.wanted}) }()
			w.AwaitBlocked(t, 1)
			end(t, slow, c.commits)

			err := <-answer
			if c.short != nil {
				assert.Equal(t, c.short, inventorytest.Shortages(t, err))
				assert.Equal(t, inventorytest.Level{OnHand: 7, Available: 7, Version: 1}, w.Level(t, "cup"), "its lock was held, its level untouched")
			} else {
				require.NoError(t, err)
				assert.EqualValues(t, 7, w.Level(t, "cup").Reserved)
			}
			assert.Equal(t, c.reserved, w.Level(t, "mug").Reserved)
		})
	}
}

// The table's constraints are checked on a row built from the old version first; an order that has
// enough only by the new one must not fail by that.
func TestAReserveThatWaitedForMoreStockGetsIt(t *testing.T) {
	for name, add := range map[string]func(ctx context.Context, w *inventorytest.World, tx *sql.Tx, other string) error{
		"goods arrive": func(ctx context.Context, _ *inventorytest.World, tx *sql.Tx, _ string) error {
			_, err := store.Receive(ctx, tx, uuid.NewString(), []domain.Line{{SKU: "mug", Quantity: 9}})
			return err
		},
		"another order is released": func(ctx context.Context, _ *inventorytest.World, tx *sql.Tx, other string) error {
			return release(ctx, tx, placing(other))
		},
		"another order's hold expires": func(ctx context.Context, w *inventorytest.World, tx *sql.Tx, other string) error {
			w.AwaitTime(t, w.ExpiresAt(t, other))
			_, _, err := store.Expire(ctx, tx, placing(other))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := inventorytest.New(t)
			w.Receive(t, lines{"mug": 10})
			other := inventorytest.NewOrder()
			_, err := w.ReserveFor(t, other, time.Second, lines{"mug": 9})
			require.NoError(t, err)

			slow := begin(t, w)
			require.NoError(t, add(t.Context(), w, slow, other))
			answer := make(chan error, 1)
			go func() { answer <- w.Reserve(t, inventorytest.NewOrder(), lines{"mug": 10}) }()
			w.AwaitBlocked(t, 1)
			end(t, slow, true)
			require.NoError(t, <-answer)
			assert.GreaterOrEqual(t, w.Level(t, "mug").Reserved, int64(10))
		})
	}
}

// A release or sweep that waited gives back to the level as it is then.
func TestAReleaseThatWaitedGivesBackToTheNewestLevel(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 10})
	order := inventorytest.NewOrder()
	require.NoError(t, w.Reserve(t, order, lines{"mug": 4}))
	slow := begin(t, w)
	reserve(t, slow, lines{"mug": 6})
	answer := make(chan error, 1)
	go func() { answer <- w.Release(t, order) }()
	w.AwaitBlocked(t, 1)
	end(t, slow, true)
	require.NoError(t, <-answer)
	assert.EqualValues(t, 6, w.Level(t, "mug").Reserved)
}

// The hold begins when it is granted: a minute of waiting is not the shopper's.
func TestTheHoldBeginsAfterTheWait(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 10})
	slow := begin(t, w)
	reserve(t, slow, lines{"mug": 1})
	type answered struct {
		expiresAt time.Time
		err       error
	}
	answer := make(chan answered, 1)
	go func() {
		expiresAt, err := w.ReserveFor(t, inventorytest.NewOrder(), time.Minute, lines{"mug": 1})
		answer <- answered{expiresAt, err}
	}()
	w.AwaitBlocked(t, 1)
	released := w.Now(t)
	end(t, slow, true)
	got := <-answer
	require.NoError(t, got.err)
	assert.False(t, got.expiresAt.Before(released.Add(time.Minute)), "expires %s, granted after %s", got.expiresAt, released)
}

// Orders list the same SKUs in opposite orders while others release, expire and receive them. Each
// runs in a bare transaction, where a deadlock is an error; the service would hide it by trying
// again.
//
// Text is ordered by the database's locale unless a statement says otherwise: in en-US "a" comes
// before "B", bytewise after it. All statements have to agree on one order in every database.
func TestNothingThatChangesSeveralSKUsEverDeadlocks(t *testing.T) {
	t.Run("English database", func(t *testing.T) { changeSeveralSKUsAtOnce(t, inventorytest.New(t)) })
	t.Run("bytewise database", func(t *testing.T) {
		bytewise := testkit.PostgresWith(t, "TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
		changeSeveralSKUsAtOnce(t, inventorytest.On(t, inventorytest.Migrated(t, bytewise)))
	})
}

func changeSeveralSKUsAtOnce(t *testing.T, w *inventorytest.World) {
	skus := []string{"a", "B", "c", "D", "e", "F", "g", "H"}
	stock := lines{}
	for _, sku := range skus {
		stock[sku] = 100_000
	}
	w.Receive(t, stock)
	some := func() []domain.Line {
		var picked []domain.Line
		for _, i := range rand.Perm(len(skus))[:2+rand.IntN(len(skus)-2)] {
			picked = append(picked, domain.Line{Number: int32(len(picked) + 1), SKU: skus[i], Quantity: 1 + rand.Int64N(5)})
		}
		return picked
	}
	do := func(what string, work func(ctx context.Context, tx *sql.Tx) error) {
		ctx := inventorytest.Context(t)
		tx, err := w.DB.SQL.BeginTx(ctx, nil)
		if !assert.NoError(t, err) {
			return
		}
		defer tx.Rollback()
		if err = work(ctx, tx); err == nil {
			err = tx.Commit()
		}
		assert.NoError(t, err, what)
	}
	const rounds = 40
	var workers sync.WaitGroup
	for range 6 {
		workers.Go(func() {
			for range rounds {
				order := placing(inventorytest.NewOrder())
				do("reserve", func(ctx context.Context, tx *sql.Tx) error {
					// Some run out at once and are the sweep's.
					hold := time.Hour * time.Duration(rand.IntN(2))
					_, _, err := store.Reserve(ctx, tx, order, some(), hold)
					return err
				})
				do("release", func(ctx context.Context, tx *sql.Tx) error { return release(ctx, tx, order) })
			}
		})
	}
	for range 2 {
		workers.Go(func() {
			for range rounds {
				do("expire", func(ctx context.Context, tx *sql.Tx) error {
					due, err := store.DueHolds(ctx, w.DB, store.DueHold{}, 5)
					if err != nil || len(due) == 0 {
						return err
					}
					var ids []domain.ReservationID
					for _, hold := range due {
						ids = append(ids, hold.ID)
					}
					_, _, err = store.Expire(ctx, tx, ids...)
					return err
				})
			}
		})
	}
	workers.Go(func() {
		for range rounds {
			do("receive", func(ctx context.Context, tx *sql.Tx) error {
				_, err := store.Receive(ctx, tx, uuid.NewString(), some())
				return err
			})
		}
	})
	workers.Go(func() {
		for i := range rounds {
			do("name", func(ctx context.Context, tx *sql.Tx) error {
				names := map[string]store.Called{}
				for _, line := range some() {
					names[line.SKU] = store.Called{Name: fmt.Sprint("name ", i), Version: int64(i) + 1}
				}
				_, err := store.Name(ctx, tx, names)
				return err
			})
		}
	})
	workers.Wait()
}

// Over gRPC, with the lines in both orders.
func TestOrdersOfTheSameSKUsInOppositeOrderAllSucceed(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"a": 200, "b": 200, "c": 200})
	var buyers sync.WaitGroup
	for i := range 200 {
		buyers.Go(func() {
			wanted := []*commonv1.Line{{Number: 1, Sku: "a", Quantity: 1}, {Number: 2, Sku: "b", Quantity: 1}, {Number: 3, Sku: "c", Quantity: 1}}
			if i%2 == 1 {
				wanted[0], wanted[2] = wanted[2], wanted[0]
			}
			_, err := w.ReserveListed(t, inventorytest.NewOrder(), time.Hour, wanted...)
			assert.NoError(t, err)
		})
	}
	buyers.Wait()
	for _, sku := range []string{"a", "b", "c"} {
		assert.Zero(t, w.Level(t, sku).Available, sku)
	}
}

// Whatever a statement gets wrong, the constraints refuse it.
func TestTheTableItselfRefusesToOversell(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 10})
	order := inventorytest.NewOrder()
	require.NoError(t, w.Reserve(t, order, lines{"mug": 2}))
	for _, wrong := range []string{
		`UPDATE reservation_lines SET held = 3`,
		`UPDATE reservation_lines SET held = 1`,
		`UPDATE reservation_lines SET allocated = 1`,
		`UPDATE reservation_lines SET held = 3, expired = -1`,
		`UPDATE reservation_lines SET held = 0, reserved = 0`,
		`UPDATE reservations SET state = 'released'`,
		`UPDATE reservations SET freed_at = now()`,
		`UPDATE stock_items SET reserved = 11`,
		`UPDATE stock_items SET reserved = -1`,
		`UPDATE stock_items SET on_hand = 11`,
		`UPDATE stock_items SET shipped = 1`,
		`UPDATE stock_items SET received = 9, on_hand = 9, reserved = 10`,
	} {
		_, err := w.DB.SQL.ExecContext(t.Context(), wrong)
		assert.ErrorContains(t, err, "violates check constraint", wrong)
	}
}

func begin(t *testing.T, w *inventorytest.World) *sql.Tx {
	t.Helper()
	tx, err := w.DB.SQL.BeginTx(context.Background(), nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = tx.Rollback() })
	return tx
}

func end(t *testing.T, tx *sql.Tx, commit bool) {
	t.Helper()
	if commit {
		require.NoError(t, tx.Commit())
	} else {
		require.NoError(t, tx.Rollback())
	}
}

// reserve holds lines in an open transaction, as a slow caller does.
func reserve(t *testing.T, tx *sql.Tx, wanted lines) {
	t.Helper()
	var listed []domain.Line
	for sku, quantity := range wanted {
		listed = append(listed, domain.Line{Number: int32(len(listed) + 1), SKU: sku, Quantity: quantity})
	}
	_, _, err := store.Reserve(t.Context(), tx, placing(inventorytest.NewOrder()), listed, time.Hour)
	_, refused := refusal.As(err)
	require.False(t, refused, "%v", err)
	require.NoError(t, err)
}

// release frees an order's stock in an open transaction.
func release(ctx context.Context, tx *sql.Tx, id domain.ReservationID) error {
	_, err := store.UpdateReservation(ctx, tx, id, func(r *domain.Reservation, _ time.Time) error { return r.Release() })
	return err
}

// placing is the reservation that placing makes for an order.
func placing(order string) domain.ReservationID {
	return domain.ReservationID{OrderID: order, Saga: "place-order", Instance: order}
}
