// Package eventtrace carries the W3C trace context inside an event, as CloudEvents' distributed
// tracing extension says: an event may lie in a database for hours before it is published, and its
// trace must survive that.
package eventtrace

import (
	"context"
	"crypto/rand"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// The extension attributes, named as the W3C headers are.
const (
	Parent = "traceparent"
	State  = "tracestate"
)

var w3c propagation.TraceContext

// Inject returns the event with the trace context of ctx in it. An event that has one keeps it, and
// one made outside a trace gets none. The given event is not changed: copies of an event share
// their attributes.
func Inject(ctx context.Context, event cloudevents.Event) cloudevents.Event {
	if event.Context == nil || event.Extensions()[Parent] != nil || !trace.SpanContextFromContext(ctx).IsValid() {
		return event
	}
	event = event.Clone()
	carried := propagation.MapCarrier{}
	w3c.Inject(ctx, carried)
	for name, value := range carried {
		event.SetExtension(name, value)
	}
	return event
}

// Extract returns ctx with the event's trace context as the parent of what comes. Without one, or
// with a malformed one, it returns ctx as it is.
func Extract(ctx context.Context, event cloudevents.Event) context.Context {
	carried := propagation.MapCarrier{}
	for _, name := range []string{Parent, State} {
		if value, ok := event.Extensions()[name].(string); ok {
			carried[name] = value
		}
	}
	return w3c.Extract(ctx, carried)
}

// Quiet returns ctx inside a trace that is not sampled, for the statements that housekeeping
// repeats several times a second: as traces of their own they would bury the ones worth reading.
func Quiet(ctx context.Context) context.Context {
	var config trace.SpanContextConfig
	// Read never fails; an all-zero id would only make the trace loud.
	_, _ = rand.Read(config.TraceID[:])
	_, _ = rand.Read(config.SpanID[:])
	return trace.ContextWithRemoteSpanContext(ctx, trace.NewSpanContext(config))
}
