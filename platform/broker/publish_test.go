package broker_test

import (
	"context"
	"strings"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/ordersaga/ordersaga/platform/broker"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/platform/testkit/netfault"
)

func TestPublishedEventsArriveWholeAndInOrder(t *testing.T) {
	url := testkit.AMQP(t)
	b := connect(t, url)
	var got journal
	subscribed(t, url, b, broker.Consumer{Name: "reader", Types: []string{eventType}, Handle: got.note})

	sent := several(500)
	sent[0].SetExtension("customer", "c-1")
	require.NoError(t, b.Publish(t.Context(), sent...))

	testkit.Eventually(t, "all events to arrive", func() bool { return got.len() == len(sent) })
	require.Equal(t, upTo(len(sent)), got.numbers(t, true))
	require.Equal(t, sent[0].String(), got.events[0].String(), "an event arrives as it was sent")
}

// With 250 ms to each answer, a wait for each confirm would take 50 s.
func TestBatchIsConfirmedWithOneWait(t *testing.T) {
	url := testkit.AMQP(t)
	line := netfault.New(t, url)
	b := connect(t, line.URL())
	var got journal
	subscribed(t, url, b, broker.Consumer{Name: "reader", Types: []string{eventType}, Handle: got.note})
	require.NoError(t, b.Publish(t.Context(), happened(0)), "the first batch opens the channel")

	line.Slow(250)
	began := time.Now()
	require.NoError(t, b.Publish(t.Context(), several(200)...))
	require.Less(t, time.Since(began), 25*time.Second, "200 confirms were awaited one by one")
}

func TestEventThatNobodyWantsIsNoError(t *testing.T) {
	b := connect(t, testkit.AMQP(t))
	// More than the buffer for what comes back.
	require.NoError(t, b.Publish(t.Context(), several(1000)...))
}

func TestInvalidEventIsRefusedBeforeAnythingIsSent(t *testing.T) {
	url := testkit.AMQP(t)
	b := connect(t, url)
	var got journal
	subscribed(t, url, b, broker.Consumer{Name: "reader", Types: []string{"#"}, Handle: got.note})

	require.ErrorContains(t, b.Publish(t.Context(), happened(0), cloudevents.New()), "not a valid CloudEvent")
	long := happened(1)
	long.SetType(strings.Repeat("x", 256))
	require.ErrorContains(t, b.Publish(t.Context(), happened(0), long), "at most 255 bytes")

	require.NoError(t, b.Publish(t.Context(), happened(2)))
	testkit.Eventually(t, "the valid event", func() bool { return got.len() > 0 })
	require.Equal(t, []int{2}, got.numbers(t, true))
}

func TestPublishWithoutBrokerFailsSoonAndSaysWhy(t *testing.T) {
	line := netfault.New(t, testkit.AMQP(t))
	line.Cut()
	b := broker.Connect(t.Context(), line.URL())
	defer b.Close()

	began := time.Now()
	err := b.Publish(t.Context(), happened(0))
	require.ErrorIs(t, err, broker.ErrDisconnected)
	require.Less(t, time.Since(began), 9*time.Second)
	require.ErrorContains(t, b.Ready(t.Context()), "AMQP_URL")

	line.Mend()
	testkit.Eventually(t, "the broker to be found when it comes", func() bool { return b.Ready(t.Context()) == nil })
	require.NoError(t, b.Publish(t.Context(), happened(0)))
}

// A broker that has gone silent neither confirms nor refuses.
func TestPublishOverSilentLineEndsAtItsDeadline(t *testing.T) {
	line := netfault.New(t, testkit.AMQP(t))
	b := connect(t, line.URL())
	require.NoError(t, b.Publish(t.Context(), happened(0)))

	line.Silence()
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	began := time.Now()
	require.ErrorIs(t, b.Publish(ctx, several(10)...), context.DeadlineExceeded)
	require.Less(t, time.Since(began), 9*time.Second)

	line.Heal()
	testkit.Eventually(t, "publishing to work again", func() bool { return b.Publish(t.Context(), happened(1)) == nil })
}

func TestErrorsKeepThePassword(t *testing.T) {
	for _, url := range []string{
		"amqp://user:geheim@127.0.0.1:1/vhost",
		"amqp://user:geheim@127.0.0.1:port/vhost",
		"http://user:geheim@127.0.0.1/",
	} {
		b := broker.Connect(t.Context(), url)
		testkit.Eventually(t, "a reason for "+url, func() bool {
			err := b.Ready(t.Context())
			return err != nil && strings.Contains(err.Error(), "AMQP_URL")
		})
		require.NotContains(t, b.Ready(t.Context()).Error(), "geheim")
		b.Close()
	}
	require.Error(t, broker.ValidateURL("http://localhost/"))
	require.NoError(t, broker.ValidateURL("amqps://user:geheim@mq.example.com/vhost"))
}

func TestCloseLeavesNothingRunning(t *testing.T) {
	url := testkit.AMQP(t)
	before := goleak.IgnoreCurrent()
	ctx, cancel := context.WithCancel(t.Context())
	b := broker.Connect(ctx, url)
	stopped := make(chan error, 1)
	var got journal
	go func() {
		stopped <- b.Consume(ctx, broker.Consumer{Name: "reader", Types: []string{"#"}, Handle: got.note})
	}()
	testkit.Eventually(t, "an event to go through", func() bool {
		return b.Publish(ctx, happened(0)) == nil && got.len() > 0
	})
	cancel()
	require.NoError(t, <-stopped)
	b.Close()
	b.Close()
	require.ErrorIs(t, b.Publish(t.Context(), happened(1)), broker.ErrClosed)
	goleak.VerifyNone(t, before)
}

func TestWhatIsPublishedBeforeItsConsumerEverRanWaitsInItsQueue(t *testing.T) {
	url := testkit.AMQP(t)
	queue := broker.Queue{Name: "stock", Types: []string{"com.test.made.v1"}}
	publisher := broker.Connect(t.Context(), url, queue)
	defer publisher.Close()
	testkit.Eventually(t, "the broker", func() bool { return publisher.Ready(t.Context()) == nil })
	first := cloudevents.New()
	first.SetID("first")
	first.SetSource("/test")
	first.SetSubject("1")
	first.SetType(queue.Types[0])
	require.NoError(t, publisher.Publish(t.Context(), first))

	heard := make(chan string, 1)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- publisher.Consume(ctx, broker.Consumer{Name: queue.Name, Types: queue.Types, Handle: func(_ context.Context, event cloudevents.Event) error {
			heard <- event.ID()
			return nil
		}})
	}()
	require.Equal(t, "first", <-heard)
	cancel()
	require.NoError(t, <-ended)
}
