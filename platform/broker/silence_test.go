package broker_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/broker"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/platform/testkit/netfault"
)

// notice bounds how long a silent line stays unnoticed: 15 s, and room for a busy machine.
const notice = 25 * time.Second

// The machine of the active consumer loses its power: the line falls silent, and nobody says
// goodbye. The other process takes over. A URL that asks for slower heartbeats changes nothing.
func TestASilentConsumerIsReplaced(t *testing.T) {
	t.Parallel()
	url := testkit.AMQP(t)
	line := netfault.New(t, url)
	first, second := connect(t, line.URL()+"?heartbeat=60"), connect(t, url)
	var gotFirst, gotSecond journal
	subscribed(t, url, first, broker.Consumer{Name: "reader", Types: []string{eventType}, Handle: gotFirst.note})
	consume(t, second, broker.Consumer{Name: "reader", Types: []string{eventType}, Handle: gotSecond.note})
	require.NoError(t, second.Publish(t.Context(), happened(0)))
	testkit.Eventually(t, "the first event", func() bool { return gotFirst.len() == 1 })

	line.Silence()
	began := time.Now()
	require.NoError(t, second.Publish(t.Context(), happened(1)))
	testkit.Eventually(t, "the first to notice", func() bool { return first.Ready(t.Context()) != nil })
	testkit.Eventually(t, "the second to take over", func() bool { return gotSecond.len() > 0 })
	require.Less(t, time.Since(began), notice)
	line.Heal()
	testkit.Eventually(t, "the first to be back", func() bool { return first.Ready(t.Context()) == nil })
}

// A publisher whose line falls silent gives its batch up, and its connection; the batch is
// published when there is a line again.
func TestASilentPublisherGivesUpAndConnectsAgain(t *testing.T) {
	t.Parallel()
	url := testkit.AMQP(t)
	line := netfault.New(t, url)
	b := connect(t, line.URL(), broker.Queue{Name: "reader", Types: []string{eventType}})
	require.NoError(t, b.Publish(t.Context(), happened(0)))

	line.Silence()
	began := time.Now()
	require.Error(t, b.Publish(t.Context(), happened(1)))
	testkit.Eventually(t, "the loss to be noticed", func() bool { return b.Ready(t.Context()) != nil })
	require.Less(t, time.Since(began), notice)
	line.Heal()
	event := happened(1)
	testkit.Eventually(t, "the batch to be published", func() bool { return b.Publish(t.Context(), event) == nil })
	found, err := inspect(t, url, "ordersaga.reader")
	require.NoError(t, err)
	require.GreaterOrEqual(t, found.Messages, 2)
}
