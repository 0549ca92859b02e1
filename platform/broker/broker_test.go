package broker_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/uuid"
	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/broker"
	"github.com/ordersaga/ordersaga/platform/testkit"
)

const eventType = "com.ordersaga.test.thing-happened.v1"

// happened makes an event whose data is its number.
func happened(number int) cloudevents.Event {
	event := cloudevents.New()
	event.SetID(uuid.NewString())
	event.SetSource("/test")
	event.SetType(eventType)
	event.SetSubject("thing-1")
	event.SetTime(time.Now().UTC())
	if err := event.SetData(cloudevents.ApplicationJSON, map[string]int{"number": number}); err != nil {
		panic(err)
	}
	return event
}

func several(count int) []cloudevents.Event {
	events := make([]cloudevents.Event, count)
	for i := range events {
		events[i] = happened(i)
	}
	return events
}

func numberOf(t testing.TB, event cloudevents.Event) int {
	t.Helper()
	var data struct{ Number int }
	require.NoError(t, event.DataAs(&data))
	return data.Number
}

// connect returns a broker that is connected.
func connect(t *testing.T, url string, expected ...broker.Queue) *broker.Broker {
	t.Helper()
	b := broker.Connect(t.Context(), url, expected...)
	t.Cleanup(b.Close)
	testkit.Eventually(t, "the broker to be connected", func() bool { return b.Ready(t.Context()) == nil })
	return b
}

// consume runs a consumer until the returned stop, which returns Consume's error.
func consume(t *testing.T, b *broker.Broker, c broker.Consumer) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Consume(ctx, c) }()
	stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	t.Cleanup(func() {
		if err := stop(); err != nil && !errors.Is(err, broker.ErrClosed) {
			t.Errorf("consumer %s: %v", c.Name, err)
		}
	})
	return stop
}

// subscribed runs a consumer and waits until its queue is bound, so that what is published next
// reaches it.
func subscribed(t *testing.T, url string, b *broker.Broker, c broker.Consumer) (stop func() error) {
	t.Helper()
	stop = consume(t, b, c)
	awaitConsumers(t, url, "ordersaga."+c.Name, 1)
	return stop
}

func awaitConsumers(t *testing.T, url, queue string, count int) {
	t.Helper()
	testkit.Eventually(t, fmt.Sprintf("%d consumers of %s", count, queue), func() bool {
		found, err := inspect(t, url, queue)
		return err == nil && found.Consumers == count
	})
}

// inspect looks at a queue over a connection of its own: asking for a queue that is not there
// closes the channel.
func inspect(t *testing.T, url, queue string) (found amqp.Queue, err error) {
	t.Helper()
	onChannel(t, url, func(channel *amqp.Channel) {
		found, err = channel.QueueDeclarePassive(queue, true, false, false, false, nil)
	})
	return found, err
}

func onChannel(t *testing.T, url string, do func(*amqp.Channel)) {
	t.Helper()
	connection, err := amqp.Dial(url)
	require.NoError(t, err, "dial the broker past the code under test")
	defer connection.Close()
	channel, err := connection.Channel()
	require.NoError(t, err)
	do(channel)
}

// take waits for the next message of a queue and removes it.
func take(t *testing.T, url, queue string) (message amqp.Delivery) {
	t.Helper()
	onChannel(t, url, func(channel *amqp.Channel) {
		testkit.Eventually(t, "a message in "+queue, func() bool {
			got, ok, err := channel.Get(queue, true)
			require.NoError(t, err)
			message = got
			return ok
		})
	})
	return message
}

// journal notes what a handler got.
type journal struct {
	mu     sync.Mutex
	events []cloudevents.Event
}

func (j *journal) note(_ context.Context, event cloudevents.Event) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.events = append(j.events, event)
	return nil
}

func (j *journal) len() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.events)
}

// numbers are the events' numbers in the order of their arrival. Without repeats, each stands where
// it came first.
func (j *journal) numbers(t testing.TB, repeats bool) []int {
	j.mu.Lock()
	defer j.mu.Unlock()
	seen := make(map[int]bool)
	var numbers []int
	for _, event := range j.events {
		number := numberOf(t, event)
		if repeats || !seen[number] {
			numbers = append(numbers, number)
		}
		seen[number] = true
	}
	return numbers
}

func upTo(count int) []int {
	numbers := make([]int, count)
	for i := range numbers {
		numbers[i] = i
	}
	return numbers
}
