package telemetry

import (
	"context"

	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// SetupForTest exports every span, as soon as it ends, to the test's exporter, and restores the
// provider after the test. Tests that use it cannot run in parallel: the provider is global.
func SetupForTest(t interface{ Cleanup(func()) }, exporter sdktrace.SpanExporter) {
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter), sdktrace.WithSampler(sdktrace.AlwaysSample()))
	beforeProvider, beforePropagator := otel.GetTracerProvider(), otel.GetTextMapPropagator()
	otel.SetTracerProvider(provider)
	otel.SetTextMapPropagator(propagator())
	t.Cleanup(func() {
		otel.SetTracerProvider(beforeProvider)
		otel.SetTextMapPropagator(beforePropagator)
		_ = provider.Shutdown(context.Background())
	})
}
