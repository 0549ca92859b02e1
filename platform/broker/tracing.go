package broker

import (
	"context"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	amqp "github.com/rabbitmq/amqp091-go"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/ordersaga/ordersaga/platform/eventtrace"
)

const scope = "github.com/ordersaga/ordersaga/platform/broker"

var w3c propagation.TraceContext

func tracer() trace.Tracer { return otel.Tracer(scope) }

// headers lets the propagator read and write AMQP headers.
type headers amqp.Table

func (h headers) Get(key string) string { value, _ := h[key].(string); return value }
func (h headers) Set(key, value string) { h[key] = value }
func (h headers) Keys() (keys []string) { return nil }
func attributesOf(e cloudevents.Event) []attribute.KeyValue {
	return []attribute.KeyValue{
		semconv.MessagingSystemRabbitMQ,
		semconv.MessagingMessageID(e.ID()),
		attribute.String("cloudevents.event_type", e.Type()),
		attribute.String("cloudevents.event_subject", e.Subject()),
	}
}

// startProducer starts the span of publishing one event, as a child of the span that made the
// event, and writes it into the message's headers as the parent of the consumers' spans.
func startProducer(ctx context.Context, event cloudevents.Event, table amqp.Table) trace.Span {
	ctx, span := tracer().Start(eventtrace.Extract(ctx, event), "publish "+event.Type(),
		trace.WithSpanKind(trace.SpanKindProducer),
		trace.WithAttributes(attributesOf(event)...),
		trace.WithAttributes(semconv.MessagingOperationTypeSend, semconv.MessagingDestinationName(Exchange)))
	w3c.Inject(ctx, headers(table))
	return span
}

// startConsumer starts the span of handling the events, in the trace of each. A single event's
// handler runs in the consumer span that is the child of its producer span. A batch has such a span
// for each event, and its handler runs in one more, a child of the first and linked to the others,
// because a span has only one parent.
func startConsumer(ctx context.Context, queue string, deliveries []amqp.Delivery, events []cloudevents.Event) (context.Context, []trace.Span) {
	spans := make([]trace.Span, len(events))
	var first context.Context
	var links []trace.Link
	for i, event := range events {
		parent := w3c.Extract(ctx, headers(deliveries[i].Headers))
		if !trace.SpanContextFromContext(parent).IsValid() {
			parent = eventtrace.Extract(ctx, event)
		}
		spanCtx, span := tracer().Start(parent, "process "+event.Type(),
			trace.WithSpanKind(trace.SpanKindConsumer),
			trace.WithAttributes(attributesOf(event)...),
			trace.WithAttributes(semconv.MessagingOperationTypeProcess, semconv.MessagingDestinationName(queue)))
		spans[i] = span
		if i == 0 {
			first = spanCtx
		} else {
			links = append(links, trace.Link{SpanContext: span.SpanContext()})
		}
	}
	if len(events) == 1 {
		return first, spans
	}
	first, span := tracer().Start(first, "process batch of "+queue, trace.WithLinks(links...),
		trace.WithAttributes(semconv.MessagingSystemRabbitMQ, semconv.MessagingBatchMessageCount(len(events))))
	return first, append(spans, span)
}

func endAll(spans []trace.Span, err error) {
	for i := len(spans) - 1; i >= 0; i-- {
		if spans[i] == nil {
			continue
		}
		if err != nil {
			spans[i].RecordError(err)
			spans[i].SetStatus(codes.Error, err.Error())
		}
		spans[i].End()
	}
}
