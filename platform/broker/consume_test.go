package broker_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/broker"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/platform/testkit/netfault"
)

func TestConsumerThatStartsBeforeTheBrokerIsServedLater(t *testing.T) {
	url := testkit.AMQP(t)
	line := netfault.New(t, url)
	line.Cut()
	b := broker.Connect(t.Context(), line.URL())
	defer b.Close()
	var got journal
	consume(t, b, broker.Consumer{Name: "reader", Types: []string{eventType}, Handle: got.note})

	line.Mend()
	awaitConsumers(t, url, "ordersaga.reader", 1)
	require.NoError(t, b.Publish(t.Context(), several(10)...))
	testkit.Eventually(t, "the events", func() bool { return got.len() == 10 })
}

// The line breaks again and again while events are published and handled. The publisher repeats
// what was not confirmed, so some come twice; none is missing and none comes for the first time
// before its predecessor did.
func TestCutsInTheMiddleLoseNothing(t *testing.T) {
	url := testkit.AMQP(t)
	line := netfault.New(t, url)
	b := connect(t, line.URL())
	var got journal
	subscribed(t, url, b, broker.Consumer{Name: "reader", Types: []string{eventType}, Prefetch: 20, Handle: got.note})

	const batches, size = 60, 10
	for i := range batches {
		batch := make([]cloudevents.Event, size)
		for j := range batch {
			batch[j] = happened(i*size + j)
		}
		published := make(chan struct{})
		go func() {
			defer close(published)
			for b.Publish(t.Context(), batch...) != nil && t.Context().Err() == nil {
			}
		}()
		if i%10 == 5 {
			line.Cut()
			line.Mend()
		}
		<-published
		// Not far ahead of the consumer, so that each cut meets both.
		testkit.Eventually(t, "the consumer to keep up", func() bool { return got.len() >= (i-5)*size })
	}
	testkit.Eventually(t, "all events", func() bool { return len(got.numbers(t, false)) == batches*size })
	require.True(t, slices.IsSorted(got.numbers(t, false)), "an event came before its predecessor: %v", got.numbers(t, false))
}

func TestPoisonLiesInTheDeadLetterQueueWithItsReason(t *testing.T) {
	url := testkit.AMQP(t)
	b := connect(t, url)
	var got journal
	subscribed(t, url, b, broker.Consumer{
		Name: "reader", Types: []string{eventType},
		Handle: func(ctx context.Context, event cloudevents.Event) error {
			if numberOf(t, event) == 1 {
				return broker.Poison(errors.New("a number of the wrong kind"))
			}
			return got.note(ctx, event)
		},
	})
	sent := several(3)
	require.NoError(t, b.Publish(t.Context(), sent...))

	dead := take(t, url, "ordersaga.reader.dead")
	require.Equal(t, sent[1].ID(), dead.MessageId)
	require.Equal(t, "a number of the wrong kind", dead.Headers[broker.HeaderReason])
	require.Equal(t, "poison", dead.Headers[broker.HeaderCause])
	require.EqualValues(t, 1, dead.Headers[broker.HeaderAttempts])
	testkit.Eventually(t, "the good events", func() bool { return got.len() == 2 })
	require.Equal(t, []int{0, 2}, got.numbers(t, true))
}

func TestMessageThatIsNoEventIsPoison(t *testing.T) {
	url := testkit.AMQP(t)
	b := connect(t, url)
	var got journal
	subscribed(t, url, b, broker.Consumer{Name: "reader", Types: []string{eventType}, Handle: got.note})
	for _, sent := range []struct{ contentType, body, reason string }{
		{"text/plain", "hello", "content type"},
		{"application/cloudevents+json", "{", "not a CloudEvent"},
		{"application/cloudevents+json", `{"specversion":"1.0","id":"1"}`, "not a valid CloudEvent"},
	} {
		onChannel(t, url, func(channel *amqp.Channel) {
			require.NoError(t, channel.PublishWithContext(t.Context(), broker.Exchange, eventType, true, false,
				amqp.Publishing{ContentType: sent.contentType, Body: []byte(sent.body)}))
		})
		dead := take(t, url, "ordersaga.reader.dead")
		require.Equal(t, sent.body, string(dead.Body), "the message lies there as it came")
		require.Contains(t, dead.Headers[broker.HeaderReason], sent.reason)
	}
	require.Zero(t, got.len())
}

func TestFailingEventIsRetriedLaterAndThenDead(t *testing.T) {
	url := testkit.AMQP(t)
	b := connect(t, url)
	var mu sync.Mutex
	var attempts []time.Time
	var got journal
	delays := []time.Duration{200 * time.Millisecond, 400 * time.Millisecond}
	subscribed(t, url, b, broker.Consumer{
		Name: "reader", Types: []string{eventType},
		Handle: func(ctx context.Context, event cloudevents.Event) error {
			if numberOf(t, event) != 0 {
				return got.note(ctx, event)
			}
			mu.Lock()
			defer mu.Unlock()
			attempts = append(attempts, time.Now())
			return fmt.Errorf("failure %d %s", len(attempts), strings.Repeat("é", 1000))
		},
	}.RetryingAfter(delays...))
	require.NoError(t, b.Publish(t.Context(), several(2)...))

	dead := take(t, url, "ordersaga.reader.dead")
	require.Equal(t, "retries_exhausted", dead.Headers[broker.HeaderCause])
	require.Contains(t, dead.Headers[broker.HeaderReason], "failure 3")
	require.EqualValues(t, 3, dead.Headers[broker.HeaderAttempts])
	require.Len(t, attempts, 3)
	for i, delay := range delays {
		require.GreaterOrEqual(t, attempts[i+1].Sub(attempts[i]), delay, "pause before attempt %d", i+2)
	}
	require.Equal(t, []int{1}, got.numbers(t, true), "the event behind was not held up")
	for _, queue := range []string{"", ".retry.1", ".retry.2"} {
		left, err := inspect(t, url, "ordersaga.reader"+queue)
		require.NoError(t, err)
		require.Zero(t, left.Messages, "messages left in ordersaga.reader%s", queue)
	}
}

func TestFailureThatPassesIsHandledByARetry(t *testing.T) {
	url := testkit.AMQP(t)
	b := connect(t, url)
	var calls atomic.Int32
	var got journal
	subscribed(t, url, b, broker.Consumer{
		Name: "reader", Types: []string{eventType},
		Handle: func(ctx context.Context, event cloudevents.Event) error {
			if calls.Add(1) == 1 {
				panic("not yet")
			}
			return got.note(ctx, event)
		},
	}.RetryingAfter(50*time.Millisecond))
	sent := happened(7)
	require.NoError(t, b.Publish(t.Context(), sent))
	testkit.Eventually(t, "the retry", func() bool { return got.len() == 1 })
	require.Equal(t, sent.String(), got.events[0].String(), "a retried event is the same event")
}

// The queue the failed message should go to is gone. It must not be acknowledged before it is
// somewhere.
func TestFailedMessageIsKeptUntilItsNextQueueHasIt(t *testing.T) {
	url := testkit.AMQP(t)
	b := connect(t, url)
	var calls atomic.Int32
	subscribed(t, url, b, broker.Consumer{
		Name: "reader", Types: []string{eventType},
		Handle: func(context.Context, cloudevents.Event) error {
			if calls.Add(1) == 1 {
				onChannel(t, url, func(channel *amqp.Channel) {
					_, err := channel.QueueDelete("ordersaga.reader.dead", false, false, false)
					require.NoError(t, err)
				})
			}
			return broker.Poison(errors.New("always"))
		},
	})
	require.NoError(t, b.Publish(t.Context(), happened(0)))
	testkit.Eventually(t, "the dead-letter queue to be declared again", func() bool {
		found, err := inspect(t, url, "ordersaga.reader.dead")
		return err == nil && found.Messages == 1
	})
}

// With Ready a database that does not answer is not the message's fault.
func TestConsumerHoldsItsMessagesWhileWhatItNeedsIsAway(t *testing.T) {
	url := testkit.AMQP(t)
	b := connect(t, url)
	var up atomic.Bool
	var asked atomic.Int32
	var got journal
	away := errors.New("no answer from PostgreSQL")
	subscribed(t, url, b, broker.Consumer{
		Name: "reader", Types: []string{eventType},
		Ready: func(context.Context) error {
			asked.Add(1)
			if !up.Load() {
				return away
			}
			return nil
		},
		Handle: func(ctx context.Context, event cloudevents.Event) error {
			if !up.Load() {
				return away
			}
			return got.note(ctx, event)
		},
	}.RetryingAfter(time.Millisecond))
	require.NoError(t, b.Publish(t.Context(), several(20)...))
	testkit.Eventually(t, "the consumer to ask more often than it would retry", func() bool { return asked.Load() > 4 })
	up.Store(true)
	testkit.Eventually(t, "the events", func() bool { return got.len() == 20 })
	require.Equal(t, upTo(20), got.numbers(t, true), "order was kept over the outage")
	dead, err := inspect(t, url, "ordersaga.reader.dead")
	require.NoError(t, err)
	require.Zero(t, dead.Messages)
}

func TestHoldingConsumerStopsAtOnceAndLosesNothing(t *testing.T) {
	url := testkit.AMQP(t)
	b := connect(t, url)
	away := errors.New("away")
	var asked atomic.Int32
	stop := subscribed(t, url, b, broker.Consumer{
		Name: "reader", Types: []string{eventType},
		Ready:  func(context.Context) error { asked.Add(1); return away },
		Handle: func(context.Context, cloudevents.Event) error { return away },
	})
	require.NoError(t, b.Publish(t.Context(), several(3)...))
	testkit.Eventually(t, "the consumer to hold", func() bool { return asked.Load() > 0 })
	require.NoError(t, stop())
	var got journal
	consume(t, b, broker.Consumer{Name: "reader", Types: []string{eventType}, Handle: got.note})
	testkit.Eventually(t, "the events given back", func() bool { return got.len() == 3 })
}

func TestStoppingConsumerFinishesWhatItHasInHand(t *testing.T) {
	url := testkit.AMQP(t)
	b := connect(t, url)
	begun, finish := make(chan struct{}), make(chan struct{})
	var got journal
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() {
		stopped <- b.Consume(ctx, broker.Consumer{
			Name: "reader", Types: []string{eventType},
			Handle: func(ctx context.Context, event cloudevents.Event) error {
				close(begun)
				<-finish
				if err := ctx.Err(); err != nil {
					return fmt.Errorf("the handler was cancelled: %w", err)
				}
				return got.note(ctx, event)
			},
		})
	}()
	awaitConsumers(t, url, "ordersaga.reader", 1)
	require.NoError(t, b.Publish(t.Context(), several(10)...))
	<-begun
	stop()
	close(finish)
	require.NoError(t, <-stopped)
	require.Equal(t, []int{0}, got.numbers(t, true), "one was in hand, nothing new was begun")

	var rest journal
	consume(t, b, broker.Consumer{Name: "reader", Types: []string{eventType}, Handle: rest.note})
	testkit.Eventually(t, "the events not begun", func() bool { return rest.len() == 9 })
	require.Equal(t, upTo(10)[1:], rest.numbers(t, true), "the finished one was acknowledged, the others kept their order")
}

// After the connection is lost the message goes to whoever is next, so the first handler must not
// go on with it.
func TestHandlerEndsWhenItsMessageIsLost(t *testing.T) {
	url := testkit.AMQP(t)
	line := netfault.New(t, url)
	b := connect(t, line.URL())
	begun, ended := make(chan struct{}), make(chan error, 1)
	var calls atomic.Int32
	var got journal
	subscribed(t, url, b, broker.Consumer{
		Name: "reader", Types: []string{eventType},
		Handle: func(ctx context.Context, event cloudevents.Event) error {
			if calls.Add(1) > 1 {
				return got.note(ctx, event)
			}
			close(begun)
			<-ctx.Done()
			ended <- ctx.Err()
			return ctx.Err()
		},
	})
	require.NoError(t, b.Publish(t.Context(), happened(0)))
	<-begun
	line.Cut()
	require.ErrorIs(t, <-ended, context.Canceled)
	line.Mend()
	testkit.Eventually(t, "the message to come again", func() bool { return got.len() == 1 })
	retry, err := inspect(t, url, "ordersaga.reader.retry.1")
	require.NoError(t, err)
	require.Zero(t, retry.Messages, "a lost message is no failed one")
}

func TestBatchTakesManyAndRetriesTheGuiltyOneAlone(t *testing.T) {
	url := testkit.AMQP(t)
	b := connect(t, url)
	// The queue is there before the consumer, so the events wait for it together.
	require.NoError(t, subscribed(t, url, b, broker.Consumer{Name: "reader", Types: []string{eventType}, Handle: (&journal{}).note})())
	require.NoError(t, b.Publish(t.Context(), several(100)...))

	var got journal
	var largest atomic.Int32
	consume(t, b, broker.Consumer{
		Name: "reader", Types: []string{eventType}, Prefetch: 40,
		HandleBatch: func(ctx context.Context, events []cloudevents.Event) error {
			largest.Store(max(largest.Load(), int32(len(events))))
			for _, event := range events {
				if numberOf(t, event) == 33 {
					return errors.New("33 is not for me")
				}
			}
			for _, event := range events {
				_ = got.note(ctx, event)
			}
			return nil
		},
	})
	testkit.Eventually(t, "all but the guilty", func() bool { return got.len() == 99 })
	require.EqualValues(t, 40, largest.Load(), "the largest batch is the prefetch")
	numbers := got.numbers(t, true)
	require.True(t, slices.IsSorted(numbers), "out of order: %v", numbers)
	retry, err := inspect(t, url, "ordersaga.reader.retry.1")
	require.NoError(t, err)
	require.LessOrEqual(t, retry.Messages, 1, "only the guilty one is retried")
}

func TestOfTwoProcessesOneIsActiveAndTheOtherTakesOver(t *testing.T) {
	url := testkit.AMQP(t)
	first, second := connect(t, url), connect(t, url)
	var gotFirst, gotSecond journal
	stop := subscribed(t, url, first, broker.Consumer{Name: "reader", Types: []string{eventType}, Handle: gotFirst.note})
	consume(t, second, broker.Consumer{Name: "reader", Types: []string{eventType}, Handle: gotSecond.note})
	require.NoError(t, first.Publish(t.Context(), several(50)...))
	testkit.Eventually(t, "the events", func() bool { return gotFirst.len() == 50 })
	require.Zero(t, gotSecond.len(), "the standby got events")

	require.NoError(t, stop())
	require.NoError(t, first.Publish(t.Context(), several(50)...))
	testkit.Eventually(t, "the standby to take over", func() bool { return gotSecond.len() >= 50 })
	require.Equal(t, upTo(50), gotSecond.numbers(t, true), "what was handled before an orderly stop came again")
}

// A later version of the consumer wants fewer types; the old binding stays.
func TestEventOfAnEarlierBindingIsPassedOver(t *testing.T) {
	url := testkit.AMQP(t)
	b := connect(t, url)
	require.NoError(t, subscribed(t, url, b, broker.Consumer{Name: "reader", Types: []string{"#"}, Handle: (&journal{}).note})())
	var got journal
	consume(t, b, broker.Consumer{Name: "reader", Types: []string{"com.ordersaga.*.thing-happened.v1"}, Handle: got.note})
	old := happened(0)
	old.SetType("com.ordersaga.test.thing-unhappened.v1")
	require.NoError(t, b.Publish(t.Context(), old, happened(1)))
	testkit.Eventually(t, "the wanted event", func() bool { return got.len() > 0 })
	require.Equal(t, []int{1}, got.numbers(t, true))
}

func TestHandlerHasADeadline(t *testing.T) {
	url := testkit.AMQP(t)
	b := connect(t, url)
	subscribed(t, url, b, broker.Consumer{
		Name: "reader", Types: []string{eventType}, Timeout: 50 * time.Millisecond,
		Handle: func(ctx context.Context, _ cloudevents.Event) error {
			<-ctx.Done()
			return ctx.Err()
		},
	}.RetryingAfter(time.Millisecond))
	require.NoError(t, b.Publish(t.Context(), happened(0)))
	require.Contains(t, take(t, url, "ordersaga.reader.dead").Headers[broker.HeaderReason], context.DeadlineExceeded.Error())
}

func TestRetryPausesAreAsDocumented(t *testing.T) {
	require.Equal(t, []time.Duration{time.Second, 5 * time.Second, 30 * time.Second}, broker.RetryDelays)
}

func TestConsumerThatCannotWorkIsRefused(t *testing.T) {
	b := broker.Connect(t.Context(), "amqp://127.0.0.1:1/")
	defer b.Close()
	handle := func(context.Context, cloudevents.Event) error { return nil }
	for problem, c := range map[string]broker.Consumer{
		"1 to 100 characters": {Types: []string{"#"}, Handle: handle},
		"no event types":      {Name: "reader", Handle: handle},
		"prefetch":            {Name: "reader", Types: []string{"#"}, Handle: handle, Prefetch: 2001},
		"timeout":             {Name: "reader", Types: []string{"#"}, Handle: handle, Timeout: -1},
		"neither Handle":      {Name: "reader", Types: []string{"#"}},
	} {
		require.ErrorContains(t, b.Consume(t.Context(), c), problem)
	}
}

func TestConsumerEndsWithTheBroker(t *testing.T) {
	url := testkit.AMQP(t)
	b := connect(t, url)
	stopped := make(chan error, 1)
	go func() {
		stopped <- b.Consume(t.Context(), broker.Consumer{Name: "reader", Types: []string{"#"}, Handle: (&journal{}).note})
	}()
	awaitConsumers(t, url, "ordersaga.reader", 1)
	b.Close()
	require.ErrorIs(t, <-stopped, broker.ErrClosed)
}
