package eventstore_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/eventstore"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/platform/testkit/netfault"
)

// The line of the reader falls silent while it waits for events, as when a machine loses its power
// or a firewall forgets the connection. A second process, on a line of its own, stands by.
func TestAReaderWhoseLineFellSilentIsTakenOverFrom(t *testing.T) {
	t.Parallel()
	url := testkit.Postgres(t)
	standby, _ := storeAt(t, url)
	line := netfault.New(t, url)
	silent, _ := storeAt(t, line.URL())
	var active, waiting atomic.Int64
	reads := func(store *eventstore.Store, handled *atomic.Int64) func(context.Context) error {
		return func(ctx context.Context) error {
			return store.Subscribe(ctx, eventstore.Subscription{Name: "reader", Handle: func(_ context.Context, events []eventstore.Event) error {
				handled.Add(int64(len(events)))
				return nil
			}})
		}
	}
	running(t, silent.Sequence)
	running(t, standby.Sequence)
	running(t, reads(silent, &active))
	_, err := standby.Append(t.Context(), "order-1", 0, events(1)...)
	require.NoError(t, err)
	testkit.Eventually(t, "the first reader to be active", func() bool { return active.Load() == 1 })
	running(t, reads(standby, &waiting))

	line.Silence()
	t.Cleanup(line.Cut)
	_, err = standby.Append(t.Context(), "order-1", 1, events(1)...)
	require.NoError(t, err)
	testkit.Eventually(t, "the standby to take over", func() bool { return waiting.Load() == 1 })
}

// A sequencer's line falls silent in the middle of a batch, when it has the lock.
func TestASequencerWhoseLineFellSilentIsTakenOverFrom(t *testing.T) {
	t.Parallel()
	url := testkit.Postgres(t)
	store, _ := storeAt(t, url)
	line := netfault.New(t, url)
	far, err := postgres.Open(t.Context(), line.URL())
	require.NoError(t, err)
	t.Cleanup(func() { far.Close() })
	batch, err := far.SQL.BeginTx(context.Background(), nil)
	require.NoError(t, err)
	_, err = batch.ExecContext(t.Context(), `SELECT pg_advisory_xact_lock($1)`, sequencerLock)
	require.NoError(t, err)
	line.Silence()
	t.Cleanup(func() {
		line.Cut()
		_ = batch.Rollback()
	})

	_, err = store.Append(t.Context(), "order-1", 0, events(1)...)
	require.NoError(t, err)
	running(t, store.Sequence)
	testkit.Eventually(t, "the event to be sequenced", func() bool {
		read, err := store.Load(t.Context(), "order-1")
		return err == nil && read[0].Position == 1
	})
}
