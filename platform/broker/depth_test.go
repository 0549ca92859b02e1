package broker_test

import (
	"context"
	"errors"
	"testing"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/broker"
	"github.com/ordersaga/ordersaga/platform/testkit"
)

func TestDepthTellsWhatLiesInAConsumersQueuesAndLeavesItThere(t *testing.T) {
	url := testkit.AMQP(t)
	b := connect(t, url)
	none, err := b.Depth(t.Context(), "reader")
	require.NoError(t, err)
	assert.Equal(t, broker.Depth{}, none, "nobody has subscribed yet")

	stop := subscribed(t, url, b, broker.Consumer{
		Name: "reader", Types: []string{eventType},
		Handle: func(context.Context, cloudevents.Event) error {
			return broker.Poison(errors.New("cannot\u202e be\n\x00read"))
		},
	})
	poisoned := happened(1)
	require.NoError(t, b.Publish(t.Context(), poisoned))
	depth := func() broker.Depth {
		found, err := b.Depth(t.Context(), "reader")
		require.NoError(t, err)
		return found
	}
	testkit.Eventually(t, "the dead letter", func() bool { return depth().Dead == 1 })
	require.NoError(t, stop())
	require.NoError(t, b.Publish(t.Context(), several(3)...))
	testkit.Eventually(t, "what nobody takes", func() bool { return depth().Waiting == 3 })

	for range 5 {
		var found broker.Depth
		// A letter that was just looked at is on its way back for a moment.
		testkit.Eventually(t, "the letter to lie there again", func() bool {
			found = depth()
			return found.Dead == 1 && len(found.Letters) == 1
		})
		assert.True(t, found.Declared)
		assert.Equal(t, broker.DeadLetter{EventID: poisoned.ID(), EventType: eventType, Cause: "poison", Reason: "cannot be read"}, found.Letters[0])
	}
}
