package broker_test

import (
	"context"
	"maps"
	"slices"
	"testing"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/ordersaga/ordersaga/platform/broker"
	"github.com/ordersaga/ordersaga/platform/eventtrace"
	"github.com/ordersaga/ordersaga/platform/telemetry"
	"github.com/ordersaga/ordersaga/platform/testkit"
)

// Baggage is whatever a caller put into a request's header. It goes into no event, and what a
// message of somebody else brings reaches no handler.
func TestBaggageIsNotCarriedByEvents(t *testing.T) {
	telemetry.SetupForTest(t, tracetest.NewInMemoryExporter())
	url := testkit.AMQP(t)
	b := connect(t, url)
	member, err := baggage.NewMember("who", "me")
	require.NoError(t, err)
	carried, err := baggage.New(member)
	require.NoError(t, err)
	ctx, span := otel.Tracer("test").Start(baggage.ContextWithBaggage(t.Context(), carried), "request")
	defer span.End()
	event := eventtrace.Inject(ctx, happened(0))
	require.NotContains(t, event.String(), "who=me")
	onChannel(t, url, func(channel *amqp.Channel) {
		_, err := channel.QueueDeclare("listener", false, true, false, false, nil)
		require.NoError(t, err)
		// The exchange is there with the publisher's first channel.
		testkit.Eventually(t, "the first event to be published", func() bool { return b.Publish(ctx, event) == nil })
		require.NoError(t, channel.QueueBind("listener", "#", broker.Exchange, false, nil))
		require.NoError(t, b.Publish(ctx, event))
		testkit.Eventually(t, "the message", func() bool {
			message, found, err := channel.Get("listener", true)
			require.NoError(t, err)
			if found {
				require.Equal(t, []string{"traceparent"}, slices.Collect(maps.Keys(message.Headers)))
				require.NotContains(t, string(message.Body), "who=me")
			}
			return found
		})
	})

	heard := make(chan baggage.Baggage, 1)
	subscribed(t, url, b, broker.Consumer{Name: "reader", Types: []string{eventType}, Handle: func(ctx context.Context, _ cloudevents.Event) error {
		heard <- baggage.FromContext(ctx)
		return nil
	}})
	body, err := happened(1).MarshalJSON()
	require.NoError(t, err)
	onChannel(t, url, func(channel *amqp.Channel) {
		require.NoError(t, channel.PublishWithContext(t.Context(), broker.Exchange, eventType, true, false, amqp.Publishing{
			ContentType: cloudevents.ApplicationCloudEventsJSON, Headers: amqp.Table{"baggage": "who=me"}, Body: body,
		}))
	})
	require.Zero(t, (<-heard).Len())
}
