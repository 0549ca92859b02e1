package broker_test

import (
	"errors"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/broker"
	"github.com/ordersaga/ordersaga/platform/doctor"
	"github.com/ordersaga/ordersaga/platform/testkit"
)

// A version of the programs wants other arguments than the queues that are there have: RabbitMQ
// refuses the declaration, for the whole channel.
func TestAQueueWithOtherArgumentsStopsNobody(t *testing.T) {
	for _, changed := range []string{"ordersaga.one", "ordersaga.one.retry.2", "ordersaga.one.dead"} {
		t.Run(changed, func(t *testing.T) {
			url := testkit.AMQP(t)
			onChannel(t, url, func(channel *amqp.Channel) {
				_, err := channel.QueueDeclare(changed, true, false, false, false,
					amqp.Table{amqp.QueueTypeArg: amqp.QueueTypeQuorum, "x-delivery-limit": int64(5), "x-message-ttl": int64(86_400_000)})
				require.NoError(t, err)
			})
			one, two := broker.Queue{Name: "one", Types: []string{eventType}}, broker.Queue{Name: "two", Types: []string{eventType}}
			b := connect(t, url, one, two)
			require.NoError(t, b.Publish(t.Context(), several(3)...), "publishing has stopped")

			var gotOne, gotTwo, outsider journal
			consume(t, b, broker.Consumer{Name: one.Name, Types: one.Types, Handle: gotOne.note}.SubscribingAgainAfter(time.Second))
			consume(t, b, broker.Consumer{Name: two.Name, Types: two.Types, Handle: gotTwo.note})
			testkit.Eventually(t, "the queue to be used as it is, and the other as ever", func() bool {
				return gotOne.len() == 3 && gotTwo.len() == 3
			})
			found, err := broker.Check(url, one, two).Try(t.Context())
			var remark doctor.Remark
			require.True(t, errors.As(err, &remark), "%s %v", found, err)
			require.Contains(t, err.Error(), "declare queue "+changed)
			require.Contains(t, err.Error(), "docs/operations.md")

			// The way to the new arguments: the queue is deleted when it is empty. It is made again
			// at once here, which leaves its consumer waiting on RabbitMQ 3.
			deleteQueue(t, url, changed)
			again := broker.Connect(t.Context(), url, one, two)
			defer again.Close()
			testkit.Eventually(t, "the queue to be made as it is wanted", func() bool {
				_, err := broker.Check(url, one, two).Try(t.Context())
				return err == nil
			})
			consume(t, again, broker.Consumer{Name: "outsider", Types: []string{"#"}, Handle: outsider.note})
			awaitConsumers(t, url, "ordersaga.outsider", 1)
			event := happened(3)
			testkit.Eventually(t, "publishing to go on", func() bool { return again.Publish(t.Context(), event) == nil })
			testkit.Eventually(t, "the events after it", func() bool { return gotOne.len() > 3 && gotTwo.len() > 3 && outsider.len() > 0 })
		})
	}
}

// A consumer whose own queue another program made with other arguments.
func TestAConsumerOfAQueueWithOtherArgumentsWorks(t *testing.T) {
	url := testkit.AMQP(t)
	onChannel(t, url, func(channel *amqp.Channel) {
		_, err := channel.QueueDeclare("ordersaga.reader", true, false, false, false, amqp.Table{amqp.QueueTypeArg: amqp.QueueTypeQuorum})
		require.NoError(t, err)
	})
	b := connect(t, url)
	var got journal
	subscribed(t, url, b, broker.Consumer{Name: "reader", Types: []string{eventType}, Handle: got.note})
	require.NoError(t, b.Publish(t.Context(), happened(0)))
	testkit.Eventually(t, "the event", func() bool { return got.len() == 1 })
}
