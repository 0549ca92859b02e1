package telemetry_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace"

	"github.com/ordersaga/ordersaga/platform/telemetry"
)

func TestWithoutAnExporterSpansHaveIDsAndRecordNothing(t *testing.T) {
	for _, name := range []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"} {
		t.Setenv(name, "")
	}
	t.Setenv("OTEL_TRACES_EXPORTER", "none")
	before := otel.GetTracerProvider()
	shutdown, err := telemetry.Setup(t.Context(), "quiet", "v0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, shutdown(t.Context())); otel.SetTracerProvider(before) })

	ctx, root := telemetry.Tracer("test").Start(t.Context(), "root")
	require.True(t, root.SpanContext().IsValid())
	assert.False(t, root.IsRecording())
	assert.True(t, root.SpanContext().IsSampled(), "who exports decides")
	assert.Equal(t, root.SpanContext().TraceID().String(), telemetry.TraceID(ctx))

	_, child := telemetry.Tracer("test").Start(ctx, "child")
	assert.Equal(t, root.SpanContext().TraceID(), child.SpanContext().TraceID())
	assert.NotEqual(t, root.SpanContext().SpanID(), child.SpanContext().SpanID())
	_, other := telemetry.Tracer("test").Start(ctx, "other", trace.WithNewRoot())
	assert.NotEqual(t, root.SpanContext().TraceID(), other.SpanContext().TraceID())

	unsampled := root.SpanContext().WithTraceFlags(0)
	_, called := telemetry.Tracer("test").Start(trace.ContextWithRemoteSpanContext(t.Context(), unsampled), "called")
	assert.False(t, called.SpanContext().IsSampled(), "a caller's decision is passed on")
	_, fromSpan := root.TracerProvider().Tracer("library").Start(ctx, "library")
	assert.Equal(t, root.SpanContext().TraceID(), fromSpan.SpanContext().TraceID())
}
