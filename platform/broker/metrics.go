package broker

import (
	"context"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	amqp "github.com/rabbitmq/amqp091-go"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// The instruments use the global meter provider, also when it is set later. For an invalid name the
// API returns an instrument that does nothing, not nil.
var (
	meter        = otel.Meter(scope)
	published, _ = meter.Int64Counter("ordersaga.broker.published",
		metric.WithDescription("events confirmed by the broker, by type"))
	unroutable, _ = meter.Int64Counter("ordersaga.broker.unroutable",
		metric.WithDescription("events that no expected queue takes and no queue is bound for, by type"))
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

// countUndelivered counts returned messages; a call with 0 creates the metric before the first.
func countUndelivered(ctx context.Context, queue string, messages int64) {
	undeliverable.Add(ctx, messages, metric.WithAttributes(attribute.String("queue", queue)))
}

func countConsumed(ctx context.Context, consumer, outcome string, deliveries int) {
	consumed.Add(ctx, int64(deliveries), metric.WithAttributes(
		attribute.String("consumer", consumer), attribute.String("outcome", outcome)))
}
