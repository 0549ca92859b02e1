package broker_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/broker"
	"github.com/ordersaga/ordersaga/platform/testkit"
)

var errReadOnly = errors.New("cannot execute INSERT in a read-only transaction")

func isReadOnly(err error) bool { return errors.Is(err, errReadOnly) }

// nothingGivenUp fails when a message of the reader was retried or is dead.
func nothingGivenUp(t *testing.T, b *broker.Broker) {
	t.Helper()
	depth, err := b.Depth(t.Context(), "reader")
	require.NoError(t, err)
	require.Equal(t, broker.Depth{Declared: true}, depth)
}

// The database answers and takes no writes, as during a fail-over: Ready succeeds all the time.
func TestMessagesWaitWhileADatabaseTakesNoWrites(t *testing.T) {
	url := testkit.AMQP(t)
	b := connect(t, url)
	var writable atomic.Bool
	var refused atomic.Int32
	var got journal
	subscribed(t, url, b, broker.Consumer{
		Name: "reader", Types: []string{eventType}, Unavailable: isReadOnly,
		Ready: func(context.Context) error { return nil },
		HandleBatch: func(ctx context.Context, events []cloudevents.Event) error {
			if !writable.Load() {
				refused.Add(1)
				return fmt.Errorf("mark the events: %w", errReadOnly)
			}
			for _, event := range events {
				_ = got.note(ctx, event)
			}
			return nil
		},
	}.RetryingAfter(time.Millisecond, time.Millisecond, time.Millisecond))
	require.NoError(t, b.Publish(t.Context(), several(20)...))
	testkit.Eventually(t, "more tries than a message has", func() bool { return refused.Load() > 4 })
	nothingGivenUp(t, b)
	writable.Store(true)
	testkit.Eventually(t, "the events", func() bool { return got.len() == 20 })
	require.Equal(t, upTo(20), got.numbers(t, true), "order was kept over the outage")
	nothingGivenUp(t, b)
}

// What is in hand for long is given back, or the server would end the subscription; then nothing is
// taken until what the handler needs is there.
func TestMessagesThatAreHeldForLongAreGivenBackAndComeAgain(t *testing.T) {
	url := testkit.AMQP(t)
	b := connect(t, url)
	var up atomic.Bool
	var asked atomic.Int32
	var got journal
	subscribed(t, url, b, broker.Consumer{
		Name: "reader", Types: []string{eventType}, Unavailable: isReadOnly,
		Ready: func(context.Context) error {
			if asked.Add(1); !up.Load() {
				return errReadOnly
			}
			return nil
		},
		Handle: func(ctx context.Context, event cloudevents.Event) error {
			if !up.Load() {
				return errReadOnly
			}
			return got.note(ctx, event)
		},
	}.HoldingFor(time.Millisecond))
	require.NoError(t, b.Publish(t.Context(), several(5)...))
	testkit.Eventually(t, "the messages to be given back", func() bool {
		depth, err := b.Depth(t.Context(), "reader")
		return err == nil && depth.Waiting == 5 && asked.Load() > 5
	})
	up.Store(true)
	testkit.Eventually(t, "the events", func() bool { return got.len() == 5 })
	require.Equal(t, upTo(5), got.numbers(t, true))
	nothingGivenUp(t, b)
}

// A store that is too slow for many events at once gets fewer.
func TestABatchThatTakesTooLongComesInSmallerParts(t *testing.T) {
	url := testkit.AMQP(t)
	b := connect(t, url)
	// The queue is there before the consumer, so the events wait for it together.
	require.NoError(t, subscribed(t, url, b, broker.Consumer{Name: "reader", Types: []string{eventType}, Handle: (&journal{}).note})())
	require.NoError(t, b.Publish(t.Context(), several(64)...))
	var got journal
	consume(t, b, broker.Consumer{
		Name: "reader", Types: []string{eventType}, Timeout: 300 * time.Millisecond,
		Unavailable: func(err error) bool { return errors.Is(err, context.DeadlineExceeded) },
		HandleBatch: func(ctx context.Context, events []cloudevents.Event) error {
			if len(events) > 5 {
				<-ctx.Done()
				return ctx.Err()
			}
			for _, event := range events {
				_ = got.note(ctx, event)
			}
			return nil
		},
	})
	testkit.Eventually(t, "the events", func() bool { return got.len() == 64 })
	require.Equal(t, upTo(64), got.numbers(t, true))
	nothingGivenUp(t, b)
}
