package eventstore_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/eventstore"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/testkit"
)

// A reader keeps the last version of each stream in a table. The first one loses its lock while it
// has version 1 in hand; the second comes to version 2.
func TestAReaderThatWasOvertakenDoesNotWriteOverItsSuccessor(t *testing.T) {
	url := testkit.Postgres(t)
	store, db := storeAt(t, url)
	successor, _ := storeAt(t, url)
	_, err := db.SQL.ExecContext(t.Context(), `CREATE TABLE state (stream text PRIMARY KEY, version bigint, writes int)`)
	require.NoError(t, err)
	apply := func(ctx context.Context, tx *postgres.Tx, events []eventstore.Event) error {
		for _, event := range events {
			_, err := tx.ExecContext(ctx, `INSERT INTO state VALUES ($1, $2, 1)
				ON CONFLICT (stream) DO UPDATE SET version = excluded.version, writes = state.writes + 1`, event.Stream, event.Version)
			if err != nil {
				return err
			}
		}
		return nil
	}
	running(t, store.Sequence)

	inHand, goOn := make(chan struct{}), make(chan struct{})
	var held atomic.Bool
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- store.Subscribe(ctx, eventstore.Subscription{Name: "reader", Apply: func(ctx context.Context, tx *postgres.Tx, events []eventstore.Event) error {
			if held.CompareAndSwap(false, true) {
				close(inHand)
				<-goOn
			}
			return apply(ctx, tx, events)
		}})
	}()
	_, err = store.Append(t.Context(), "order-1", 0, events(1)...)
	require.NoError(t, err)
	<-inHand
	_, err = db.SQL.ExecContext(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_locks
		WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND pid <> pg_backend_pid()`)
	require.NoError(t, err)
	_, err = store.Append(t.Context(), "order-1", 1, events(1)...)
	require.NoError(t, err)
	running(t, func(ctx context.Context) error {
		return successor.Subscribe(ctx, eventstore.Subscription{Name: "reader", Apply: apply})
	})
	testkit.Eventually(t, "the successor to be at work", func() bool { return atWork(t, db) })
	stop() // it does not come back as the reader
	close(goOn)
	require.NoError(t, <-ended)

	testkit.Eventually(t, "the successor to come to the end of the log", func() bool {
		position, head, err := successor.Progress(t.Context(), "reader")
		return err == nil && position == 2 && head == 2
	})
	var version, writes int
	require.NoError(t, db.SQL.QueryRowContext(t.Context(), `SELECT version, writes FROM state WHERE stream = 'order-1'`).Scan(&version, &writes))
	assert.Equal(t, 2, version, "the newest")
	assert.Equal(t, 2, writes, "each event was applied once")
}

// atWork tells whether the successor waits for the batch in hand or has gone past it.
func atWork(t *testing.T, db *postgres.DB) (working bool) {
	t.Helper()
	require.NoError(t, db.SQL.QueryRowContext(t.Context(), `
		SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')
			OR EXISTS (SELECT FROM subscriptions WHERE position = 2)`).Scan(&working))
	return working
}
