package telemetry

import (
	"context"
	"encoding/binary"
	"math/rand/v2"

	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/embedded"
	"go.opentelemetry.io/otel/trace/noop"
)

// untraced is the tracer provider of a program that exports no traces. Its spans have ids, for log
// lines, events and callees, and record nothing: spans that nobody gets would cost about a
// twentieth of a service's CPU time.
type untraced struct{ embedded.TracerProvider }

// Tracer implements trace.TracerProvider.
func (untraced) Tracer(string, ...trace.TracerOption) trace.Tracer { return untracedTracer{} }

type untracedTracer struct{ embedded.Tracer }

// Start implements trace.Tracer. A span has its caller's trace and decision to sample, as a span
// that is exported would have; a trace that begins here is sampled by whoever exports.
func (untracedTracer) Start(ctx context.Context, _ string, options ...trace.SpanStartOption) (context.Context, trace.Span) {
	if ctx == nil {
		ctx = context.Background()
	}
	own := trace.SpanContextConfig{TraceFlags: trace.FlagsSampled}
	binary.BigEndian.PutUint64(own.SpanID[:], rand.Uint64()|1) // 0 is no id
	parent := trace.SpanContextFromContext(ctx)
	if parent.IsValid() && !startsTrace(options) {
		own.TraceID, own.TraceFlags, own.TraceState = parent.TraceID(), parent.TraceFlags(), parent.TraceState()
	} else {
		binary.BigEndian.PutUint64(own.TraceID[:8], rand.Uint64())
		binary.BigEndian.PutUint64(own.TraceID[8:], rand.Uint64()|1)
	}
	span := untracedSpan{context: trace.NewSpanContext(own)}
	return trace.ContextWithSpan(ctx, span), span
}

func startsTrace(options []trace.SpanStartOption) bool {
	if len(options) == 0 {
		return false
	}
	config := trace.NewSpanStartConfig(options...)
	return config.NewRoot()
}

type untracedSpan struct {
	noop.Span
	context trace.SpanContext
}

// SpanContext implements trace.Span.
func (s untracedSpan) SpanContext() trace.SpanContext { return s.context }

// TracerProvider implements trace.Span.
func (untracedSpan) TracerProvider() trace.TracerProvider { return untraced{} }
