// Package eventtrace carries the W3C trace context inside an event, as in CloudEvents' distributed
// tracing extension: an event may wait in a database for hours before it is published, and keeps
// its trace.
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

// Inject returns the event with the trace context of ctx in it. An event that has one keeps it;
// outside a trace it gets none. The given event is not changed: copies of an event share their
// attributes.
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

// Extract returns ctx with the event's trace context as the parent of new spans. Without one, or
// with a malformed one, it returns ctx unchanged.
func Extract(ctx context.Context, event cloudevents.Event) context.Context {
	carried := propagation.MapCarrier{}
	for _, name := range []string{Parent, State} {
		if value, ok := event.Extensions()[name].(string); ok {
			carried[name] = value
		}
	}
	return w3c.Extract(ctx, carried)
}

// Quiet returns ctx inside a trace that is not sampled, for housekeeping statements that are
// repeated several times a second and would fill the trace store.
func Quiet(ctx context.Context) context.Context {
	var config trace.SpanContextConfig
	// Read never fails; with an all-zero id the trace would only be sampled.
	_, _ = rand.Read(config.TraceID[:])
	_, _ = rand.Read(config.SpanID[:])
	return trace.ContextWithRemoteSpanContext(ctx, trace.NewSpanContext(config))
}
