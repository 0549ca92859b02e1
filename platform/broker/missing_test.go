package broker_test

import (
	"testing"

	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/broker"
	"github.com/ordersaga/ordersaga/platform/testkit"
)

// Two consumers must have an event; the queue of one is deleted at the broker. The queue of the
// other takes the event, so the exchange finds it routed: the publisher must notice all the same,
// keep the event, and make the queue again.
func TestAnEventThatOneOfItsQueuesDidNotTakeIsNotDelivered(t *testing.T) {
	url := testkit.AMQP(t)
	one := broker.Queue{Name: "one", Types: []string{eventType}}
	two := broker.Queue{Name: "two", Types: []string{"com.ordersaga.*.thing-happened.v1"}}
	b := connect(t, url, one, two)
	require.NoError(t, b.Publish(t.Context(), happened(0)))

	deleteQueue(t, url, "ordersaga.one")
	err := b.Publish(t.Context(), happened(1))
	require.ErrorContains(t, err, "ordersaga.one", "the event passed a consumer by that must have it")
	again := happened(1)
	testkit.Eventually(t, "the queue to be made again", func() bool { return b.Publish(t.Context(), again) == nil })

	var gotOne, gotTwo journal
	consume(t, b, broker.Consumer{Name: one.Name, Types: one.Types, Handle: gotOne.note})
	consume(t, b, broker.Consumer{Name: two.Name, Types: two.Types, Handle: gotTwo.note})
	testkit.Eventually(t, "both consumers to have the event of the gap", func() bool {
		return gotOne.len() > 0 && len(gotTwo.numbers(t, false)) == 2
	})
	require.Equal(t, []int{1}, gotOne.numbers(t, true), "what lay in the deleted queue went with it, nothing else")
	require.Equal(t, upTo(2), gotTwo.numbers(t, false))
}

// The queue is deleted, with its consumer subscribed, again and again while events are published as
// a relay does it: repeated until they are delivered.
func TestAQueueThatIsDeletedWhileItsConsumerRunsMissesNothing(t *testing.T) {
	url := testkit.AMQP(t)
	queues := []broker.Queue{{Name: "one", Types: []string{eventType}}, {Name: "two", Types: []string{eventType}}}
	b := connect(t, url, queues...)
	var gotOne, gotTwo journal
	consume(t, b, broker.Consumer{Name: "one", Types: []string{eventType}, Handle: gotOne.note})
	consume(t, b, broker.Consumer{Name: "two", Types: []string{eventType}, Handle: gotTwo.note})
	awaitConsumers(t, url, "ordersaga.one", 1)
	number := 0
	publish := func() {
		event := happened(number)
		number++
		testkit.Eventually(t, "the event to be delivered", func() bool { return b.Publish(t.Context(), event) == nil })
	}
	for range 3 {
		publish()
		// Nothing lies in the queue when it is deleted.
		testkit.Eventually(t, "the consumer to have them all", func() bool { return len(gotOne.numbers(t, false)) == number })
		deleteQueue(t, url, "ordersaga.one")
		for range 20 {
			publish()
		}
	}
	testkit.Eventually(t, "both consumers to have them all", func() bool {
		return len(gotOne.numbers(t, false)) == number && len(gotTwo.numbers(t, false)) == number
	})
	require.Equal(t, upTo(number), gotOne.numbers(t, false))
}

// An event comes to a consumer once, not by the exchange and by name.
func TestAQueueThatPublishersServeIsNotServedTwice(t *testing.T) {
	url := testkit.AMQP(t)
	queue := broker.Queue{Name: "one", Types: []string{eventType}}
	b := connect(t, url, queue)
	var served, outsider journal
	consume(t, b, broker.Consumer{Name: queue.Name, Types: queue.Types, Handle: served.note})
	consume(t, b, broker.Consumer{Name: "outsider", Types: []string{"#"}, Handle: outsider.note})
	awaitConsumers(t, url, "ordersaga.one", 1)
	awaitConsumers(t, url, "ordersaga.outsider", 1)
	require.NoError(t, b.Publish(t.Context(), several(20)...))
	testkit.Eventually(t, "both to have them", func() bool { return served.len() >= 20 && outsider.len() >= 20 })
	require.Equal(t, upTo(20), served.numbers(t, true))
	require.Equal(t, upTo(20), outsider.numbers(t, true), "whoever binds a queue to the exchange hears of it, too")
}

func deleteQueue(t *testing.T, url, name string) {
	t.Helper()
	onChannel(t, url, func(channel *amqp.Channel) {
		_, err := channel.QueueDelete(name, false, false, false)
		require.NoError(t, err)
	})
}
