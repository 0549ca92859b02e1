package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/eventstore"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/testkit"
)

// older reads as a version of the program that does not know the type "New".
func older(read func(eventstore.Event) error) func(context.Context, []eventstore.Event) error {
	return func(_ context.Context, events []eventstore.Event) error {
		var deferred eventstore.Deferred
		for _, event := range events {
			if event.Type == "New" {
				deferred.Add(event, errors.New("New is not known to this version"))
			}
			if deferred.Has(event.Stream) {
				continue
			}
			if err := read(event); err != nil {
				return err
			}
		}
		return deferred.Err()
	}
}

// rolledBack is a log that a newer version has written to.
func rolledBack(t *testing.T, store *eventstore.Store) (written int) {
	t.Helper()
	for _, event := range []struct {
		stream    string
		expected  int64
		eventType string
	}{
		{"order-1", 0, "Placed"},
		{"order-2", 0, "Placed"},
		{"order-2", 1, "New"},
		{"order-1", 1, "Confirmed"},
		{"order-2", 2, "Confirmed"},
		{"order-3", 0, "New"},
		{"order-4", 0, "Placed"},
	} {
		_, err := store.Append(t.Context(), event.stream, event.expected, eventstore.NewEvent{Type: event.eventType, Data: placed{}, OccurredAt: noon})
		require.NoError(t, err)
		written++
	}
	return written
}

func named(events []eventstore.Event) string {
	var names []string
	for _, event := range events {
		names = append(names, fmt.Sprintf("%s:%d", event.Stream, event.Version))
	}
	return strings.Join(names, " ")
}

// until runs a subscription until it has come to a position and has left so many streams aside.
func until(t *testing.T, store *eventstore.Store, sub eventstore.Subscription, position, deferred int) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- store.Subscribe(ctx, sub) }()
	testkit.Eventually(t, fmt.Sprintf("%s to come to %d and to leave %d streams aside", sub.Name, position, deferred), func() bool {
		at, _, err := store.Progress(t.Context(), sub.Name)
		aside, failed := store.Deferred(t.Context(), sub.Name)
		return err == nil && failed == nil && int(at) == position && int(aside) == deferred
	})
	stop()
	require.NoError(t, <-ended)
}

func TestWhatAVersionCannotReadWaitsForOneThatCanAndHoldsNobodyUp(t *testing.T) {
	store, _ := newStore(t)
	running(t, store.Sequence)
	written := rolledBack(t, store)
	var seen log
	read := func(event eventstore.Event) error { return seen.handle(t.Context(), []eventstore.Event{event}) }

	for _, size := range []int{2, 500} { // a start in the same version changes nothing
		until(t, store, eventstore.Subscription{Name: "reader", Batch: size, Handle: older(read)}, written, 2)
		assert.Equal(t, "order-1:1 order-2:1 order-1:2 order-4:1", named(seen.read()),
			"order-2 waits from its second event on, although the third could be read")
	}
	_, err := store.Append(t.Context(), "order-2", 3, events(1)...)
	require.NoError(t, err)
	_, err = store.Append(t.Context(), "order-4", 1, events(1)...)
	require.NoError(t, err)
	until(t, store, eventstore.Subscription{Name: "reader", Handle: older(read)}, written+2, 2)
	assert.Equal(t, "order-1:1 order-2:1 order-1:2 order-4:1 order-4:2", named(seen.read()), "what comes later to order-2 waits, too")

	until(t, store, eventstore.Subscription{Name: "reader", Handle: seen.handle}, written+2, 0)
	assert.Equal(t, "order-1:1 order-2:1 order-1:2 order-4:1 order-4:2 order-2:2 order-2:3 order-2:4 order-3:1", named(seen.read()),
		"the newer version gets what waited, in order, and nothing twice")
}

func TestWhatIsAppliedWaitsInTheSameWay(t *testing.T) {
	store, db := newStore(t)
	_, err := db.SQL.ExecContext(t.Context(), `CREATE TABLE state (stream text, version bigint, PRIMARY KEY (stream, version))`)
	require.NoError(t, err)
	running(t, store.Sequence)
	written := rolledBack(t, store)
	apply := func(knowsAll bool) func(context.Context, *postgres.Tx, []eventstore.Event) error {
		return func(ctx context.Context, tx *postgres.Tx, events []eventstore.Event) error {
			write := func(event eventstore.Event) error {
				_, err := tx.ExecContext(ctx, `INSERT INTO state VALUES ($1, $2)`, event.Stream, event.Version)
				return err
			}
			if !knowsAll {
				return older(write)(ctx, events)
			}
			for _, event := range events {
				if err := write(event); err != nil {
					return err
				}
			}
			return nil
		}
	}
	state := func() (rows int) {
		require.NoError(t, db.SQL.QueryRowContext(t.Context(), `SELECT count(*) FROM state`).Scan(&rows))
		return rows
	}
	until(t, store, eventstore.Subscription{Name: "reader", Apply: apply(false)}, written, 2)
	assert.Equal(t, 4, state())
	until(t, store, eventstore.Subscription{Name: "reader", Apply: apply(true)}, written, 0)
	assert.Equal(t, written, state(), "each event is applied once")
}

func TestBatchesAreBoundedBySizeAndShrinkUntilTheyArrive(t *testing.T) {
	store, _ := newStore(t)
	running(t, store.Sequence)
	const size, count = 300_000, 20
	for i := range count {
		_, err := store.Append(t.Context(), fmt.Sprintf("order-%d", i), 0,
			eventstore.NewEvent{Type: "Placed", Data: map[string]string{"text": strings.Repeat("x", size)}, OccurredAt: noon})
		require.NoError(t, err)
	}
	testkit.Eventually(t, "the events to be sequenced", func() bool {
		opened, err := store.Opened(t.Context(), 1, count+1)
		return err == nil && len(opened) == count
	})
	var seen log
	var largest, most atomic.Int64
	most.Store(1 << 40)
	running(t, func(ctx context.Context) error {
		return store.Subscribe(ctx, eventstore.Subscription{Name: "reader", Handle: func(ctx context.Context, events []eventstore.Event) error {
			var bytes int64
			for _, event := range events {
				bytes += int64(len(event.Data))
			}
			largest.Store(max(largest.Load(), bytes))
			if len(seen.read()) > 0 {
				most.Store(2_500_000) // from here on the line is slow
			}
			if bytes > most.Load() {
				return context.DeadlineExceeded
			}
			return seen.handle(ctx, events)
		}})
	})
	testkit.Eventually(t, "all events to be handled", func() bool { return len(seen.read()) == count })
	assert.LessOrEqual(t, largest.Load(), int64(4<<20+size+1000), "a batch is full at 4 MiB")
	for i, event := range seen.read() {
		require.EqualValues(t, i+1, event.Position)
	}
}
