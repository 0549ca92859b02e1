package broker

import (
	"context"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	amqp "github.com/rabbitmq/amqp091-go"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// The instruments follow the global meter provider, whenever it is set. A name that the API refuses
// gives an instrument that does nothing, not a nil.
var (
	meter        = otel.Meter(scope)
	published, _ = meter.Int64Counter("ordersaga.broker.published",
		metric.WithDescription("events confirmed by the broker, by type"))
	unroutable, _ = meter.Int64Counter("ordersaga.broker.unroutable",
		metric.WithDescription("events that nobody had to hear and no queue asked for, by type"))
	undeliverable, _ = meter.Int64Counter("ordersaga.broker.undelivered",
		metric.WithDescription("messages that came back because the queue that must take them was missing; they are sent again, by queue"))
	consumed, _ = meter.Int64Counter("ordersaga.broker.consumed",
		metric.WithDescription("deliveries settled, by consumer and outcome: done, unwanted, retried, dead"))
	handling, _ = meter.Float64Histogram("ordersaga.broker.handle.duration", metric.WithUnit("s"),
		metric.WithDescription("time of one call of a consumer's handler"))
)

func countPublished(ctx context.Context, events []cloudevents.Event, returned []amqp.Return) {
	for _, event := range events {
		published.Add(ctx, 1, metric.WithAttributes(attribute.String("type", event.Type())))
	}
	for _, back := range returned {
		unroutable.Add(ctx, 1, metric.WithAttributes(attribute.String("type", back.RoutingKey)))
	}
}

// countUndelivered counts messages that came back; with 0 the metric is there before the first.
func countUndelivered(ctx context.Context, queue string, messages int64) {
	undeliverable.Add(ctx, messages, metric.WithAttributes(attribute.String("queue", queue)))
}

func countConsumed(ctx context.Context, consumer, outcome string, deliveries int) {
	consumed.Add(ctx, int64(deliveries), metric.WithAttributes(
		attribute.String("consumer", consumer), attribute.String("outcome", outcome)))
}
