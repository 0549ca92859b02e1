package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/inbox"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/testkit"
)

func open(t *testing.T) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), testkit.Postgres(t))
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	require.NoError(t, postgres.Migrate(t.Context(), db, inbox.Migrations))
	_, err = db.SQL.ExecContext(t.Context(), "CREATE TABLE effect (event_id text NOT NULL)")
	require.NoError(t, err)
	return db
}

// handle makes the event's effect once; fail makes it fail after the effect.
func handle(ctx context.Context, db *postgres.DB, eventID string, fail error) (first bool, err error) {
	err = db.InTx(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		fresh, err := inbox.Mark(ctx, tx, "reader", eventID)
		if first = fresh[eventID]; err != nil || !first {
			return err
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO effect VALUES ($1)", eventID); err != nil {
			return err
		}
		return fail
	})
	return first, err
}

func effects(t *testing.T, db *postgres.DB) (count int) {
	t.Helper()
	require.NoError(t, db.SQL.QueryRowContext(t.Context(), "SELECT count(*) FROM effect").Scan(&count))
	return count
}

func TestEventHasItsEffectOnce(t *testing.T) {
	db := open(t)
	broken := errors.New("broken")
	_, err := handle(t.Context(), db, "e-1", broken)
	require.ErrorIs(t, err, broken)
	require.Zero(t, effects(t, db))

	first, err := handle(t.Context(), db, "e-1", nil)
	require.NoError(t, err)
	require.True(t, first, "a failed attempt leaves no mark")
	first, err = handle(t.Context(), db, "e-1", nil)
	require.NoError(t, err)
	require.False(t, first)
	require.Equal(t, 1, effects(t, db))

	other, err := inbox.Mark(t.Context(), db.SQL, "another reader", "e-1")
	require.NoError(t, err)
	require.True(t, other["e-1"], "each consumer has its own marks")
}

func TestSameEventAtOnceHasItsEffectOnce(t *testing.T) {
	db := open(t)
	var firsts atomic.Int32
	var group sync.WaitGroup
	for i := range 40 {
		group.Go(func() {
			first, err := handle(t.Context(), db, fmt.Sprint("e-", i%4), nil)
			if err != nil {
				t.Errorf("handle: %v", err)
			}
			if first {
				firsts.Add(1)
			}
		})
	}
	group.Wait()
	require.EqualValues(t, 4, firsts.Load())
	require.Equal(t, 4, effects(t, db))
}

func TestMarkReturnsTheNewIdsOfABatch(t *testing.T) {
	db := open(t)
	fresh, err := inbox.Mark(t.Context(), db.SQL, "reader", "b", "a", "a")
	require.NoError(t, err)
	require.Equal(t, map[string]bool{"a": true, "b": true}, fresh)
	fresh, err = inbox.Mark(t.Context(), db.SQL, "reader", "a", "c", "b")
	require.NoError(t, err)
	require.Equal(t, map[string]bool{"c": true}, fresh)
	fresh, err = inbox.Mark(t.Context(), db.SQL, "reader")
	require.NoError(t, err)
	require.Empty(t, fresh)
}

func TestKeysSortAlikeInEveryDatabase(t *testing.T) { testkit.TextKeysAreBytewise(t, open(t).SQL) }
