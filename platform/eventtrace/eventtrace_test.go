package eventtrace_test

import (
	"testing"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"

	"github.com/ordersaga/ordersaga/platform/eventtrace"
)

func spanContext(id byte) trace.SpanContext {
	return trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{id}, SpanID: trace.SpanID{id}, TraceFlags: trace.FlagsSampled,
	})
}

func TestEventKeepsTheTraceItWasMadeIn(t *testing.T) {
	made := trace.ContextWithSpanContext(t.Context(), spanContext(1))
	later := trace.ContextWithSpanContext(t.Context(), spanContext(2))
	original := cloudevents.New()
	event := eventtrace.Inject(later, eventtrace.Inject(made, original))
	require.Empty(t, original.Extensions(), "the given event is not changed")
	found := trace.SpanContextFromContext(eventtrace.Extract(later, event))
	require.Equal(t, spanContext(1).SpanID(), found.SpanID())
	require.True(t, found.IsSampled())
}

func TestEventWithoutATraceLeavesTheContextAsItIs(t *testing.T) {
	ctx := trace.ContextWithSpanContext(t.Context(), spanContext(2))
	event := eventtrace.Inject(t.Context(), cloudevents.New())
	require.Empty(t, event.Extensions())
	require.Equal(t, ctx, eventtrace.Extract(ctx, event))
	event.SetExtension(eventtrace.Parent, "nonsense")
	require.Equal(t, ctx, eventtrace.Extract(ctx, event))
	require.Equal(t, cloudevents.Event{}, eventtrace.Inject(ctx, cloudevents.Event{}), "an event without attributes is not one")
	eventtrace.Extract(ctx, cloudevents.Event{Context: cloudevents.New().Context})
}

func TestQuietIsATraceThatNobodyRecords(t *testing.T) {
	quiet := trace.SpanContextFromContext(eventtrace.Quiet(t.Context()))
	require.True(t, quiet.IsValid())
	require.False(t, quiet.IsSampled())
}
