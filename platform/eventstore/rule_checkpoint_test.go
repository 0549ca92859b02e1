package eventstore_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/eventstore"
	"github.com/ordersaga/ordersaga/platform/testkit"
)

// A reader whose lock went with its session may still have a batch in hand while its successor
// reads on.
func TestAReaderThatLostItsPlaceDoesNotTurnTheCheckpointBack(t *testing.T) {
	store, db := newStore(t)
	running(t, store.Sequence)
	_, err := store.Append(t.Context(), "order-1", 0, events(1)...)
	require.NoError(t, err)

	var seen log
	running(t, func(ctx context.Context) error {
		return store.Subscribe(ctx, eventstore.Subscription{Name: "reader", Handle: func(ctx context.Context, events []eventstore.Event) error {
			if len(seen.read()) == 0 { // the successor, at work meanwhile
				_, err := db.SQL.ExecContext(ctx, `UPDATE subscriptions SET position = 3 WHERE name = 'reader'`)
				assert.NoError(t, err)
			}
			return seen.handle(ctx, events)
		}})
	})
	testkit.Eventually(t, "the first batch", func() bool { return len(seen.read()) == 1 })
	_, err = store.Append(t.Context(), "order-1", 1, events(3)...)
	require.NoError(t, err)
	testkit.Eventually(t, "the event behind the successor's checkpoint", func() bool {
		position, _, err := store.Progress(t.Context(), "reader")
		return err == nil && position == 4
	})
	assert.Len(t, seen.read(), 2, "events 2 and 3 were the successor's")
	assert.EqualValues(t, 4, seen.read()[1].Position)
}
