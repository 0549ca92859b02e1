package broker_test

import (
	"context"
	"testing"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/ordersaga/ordersaga/platform/broker"
	"github.com/ordersaga/ordersaga/platform/eventtrace"
	"github.com/ordersaga/ordersaga/platform/telemetry"
	"github.com/ordersaga/ordersaga/platform/testkit"
)

// The event was made in a trace that ended long before it is published: request, publish and
// process are still one line of parents and children.
func TestTracePassesFromTheMakerToTheHandler(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	telemetry.SetupForTest(t, spans)
	url := testkit.AMQP(t)
	b := connect(t, url)
	handled := make(chan trace.SpanContext, 1)
	subscribed(t, url, b, broker.Consumer{
		Name: "reader", Types: []string{eventType},
		Handle: func(ctx context.Context, _ cloudevents.Event) error {
			handled <- trace.SpanContextFromContext(ctx)
			return nil
		},
	})
	request, span := otel.Tracer("test").Start(t.Context(), "request")
	event := eventtrace.Inject(request, happened(0))
	span.End()
	require.NoError(t, b.Publish(eventtrace.Quiet(t.Context()), event))

	inHandler := <-handled
	byName := make(map[string]tracetest.SpanStub)
	testkit.Eventually(t, "the spans", func() bool {
		for _, stub := range spans.GetSpans() {
			byName[stub.Name] = stub
		}
		return len(byName) == 3
	})
	publish, process := byName["publish "+eventType], byName["process "+eventType]
	require.Equal(t, byName["request"].SpanContext.SpanID(), publish.Parent.SpanID())
	require.Equal(t, trace.SpanKindProducer, publish.SpanKind)
	require.Equal(t, publish.SpanContext.SpanID(), process.Parent.SpanID())
	require.Equal(t, trace.SpanKindConsumer, process.SpanKind)
	require.Equal(t, process.SpanContext.SpanID(), inHandler.SpanID(), "the handler works inside the consumer span")
	require.Equal(t, span.SpanContext().TraceID(), inHandler.TraceID())
}

func TestBatchKeepsTheTraceOfEachEvent(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	telemetry.SetupForTest(t, spans)
	url := testkit.AMQP(t)
	b := connect(t, url)
	require.NoError(t, subscribed(t, url, b, broker.Consumer{Name: "reader", Types: []string{eventType}, Handle: (&journal{}).note})())
	events := several(3)
	traces := make(map[trace.TraceID]bool)
	for i := range events {
		ctx, span := otel.Tracer("test").Start(t.Context(), "request")
		events[i] = eventtrace.Inject(ctx, events[i])
		span.End()
		traces[span.SpanContext().TraceID()] = true
	}
	require.NoError(t, b.Publish(t.Context(), events...))
	consume(t, b, broker.Consumer{
		Name: "reader", Types: []string{eventType},
		HandleBatch: func(context.Context, []cloudevents.Event) error { return nil },
	})
	var batch tracetest.SpanStub
	testkit.Eventually(t, "the batch's span", func() bool {
		for _, stub := range spans.GetSpans() {
			if stub.Name == "process "+eventType {
				delete(traces, stub.SpanContext.TraceID())
			} else if stub.Name == "process batch of ordersaga.reader" {
				batch = stub
			}
		}
		return len(traces) == 0 && batch.Name != ""
	})
	require.Len(t, batch.Links, 2, "below the first event, linked to the others")
}
