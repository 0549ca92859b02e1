// Package telemetry gives every program the same traces, metrics and logs.
//
// Traces are OpenTelemetry with W3C propagation and are exported as OTEL_* says, or not at all: the
// ids always exist, so a log line always has its trace. Metrics are scraped by Prometheus from the
// admin server. Logs are JSON lines on stderr, with the trace and the attributes that With put in
// the context.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"go.opentelemetry.io/contrib/exporters/autoexport"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// Setup sets up a program's global telemetry; call it first in main. Shutdown sends buffered data
// until its context ends. The error names the invalid variable.
//
//	LOG_LEVEL                       debug, info (default), warn, error
//	OTEL_TRACES_EXPORTER            otlp, console, ordersaga-file, none
//	OTEL_EXPORTER_OTLP_ENDPOINT     with it alone, otlp
//	ORDERSAGA_TRACE_FILE            where ordersaga-file appends its JSON lines
//	OTEL_TRACES_SAMPLER, OTEL_RESOURCE_ATTRIBUTES, …   as OpenTelemetry says
func Setup(ctx context.Context, service, version string) (shutdown func(context.Context) error, err error) {
	level, err := logLevel(os.Getenv("LOG_LEVEL"))
	if err != nil {
		return nil, err
	}
	setLogger(os.Stderr, level, service)
	described, err := describe(ctx, service, version)
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	traces, stopTraces, err := newTracerProvider(ctx, described)
	if err != nil {
		return nil, err
	}
	metrics, err := newMeterProvider(ctx, described)
	if err != nil {
		return nil, errors.Join(err, stopTraces(ctx))
	}
	otel.SetTracerProvider(traces)
	otel.SetMeterProvider(metrics)
	otel.SetTextMapPropagator(propagator())
	// An unreachable collector is only a warning.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		slog.Warn("telemetry", "error", err)
	}))
	return func(ctx context.Context) error {
		return errors.Join(stopTraces(ctx), metrics.Shutdown(ctx))
	}, nil
}

func newTracerProvider(ctx context.Context, described *resource.Resource) (traces trace.TracerProvider, stop func(context.Context) error, err error) {
	if !tracesAreWanted() {
		return untraced{}, func(context.Context) error { return nil }, nil
	}
	exporter, err := autoexport.NewSpanExporter(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("OTEL_TRACES_EXPORTER=%s: %w", os.Getenv("OTEL_TRACES_EXPORTER"), err)
	}
	exported := sdktrace.NewTracerProvider(sdktrace.WithResource(described), sdktrace.WithBatcher(exporter))
	return exported, exported.Shutdown, nil
}

// Tracer returns the tracer of a package, by its import path. Call it for each span and do not keep
// it: tests change the provider.
func Tracer(name string) trace.Tracer { return otel.GetTracerProvider().Tracer(name) }

// TraceID returns the trace id of a context, as 32 hexadecimal digits, or "".
func TraceID(ctx context.Context) string {
	if span := trace.SpanContextFromContext(ctx); span.HasTraceID() {
		return span.TraceID().String()
	}
	return ""
}

func tracesAreWanted() bool {
	if os.Getenv("OTEL_TRACES_EXPORTER") == "none" {
		return false
	}
	for _, name := range []string{"OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"} {
		if os.Getenv(name) != "" {
			return true
		}
	}
	return false
}

// propagator carries only the trace from program to program, no baggage: it would also go into the
// order log and to the payment provider.
func propagator() propagation.TextMapPropagator { return propagation.TraceContext{} }

// describe returns the attributes of this program. OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES
// replace them.
func describe(ctx context.Context, service, version string) (*resource.Resource, error) {
	return resource.New(ctx,
		resource.WithTelemetrySDK(),
		resource.WithHost(),
		resource.WithAttributes(
			semconv.ServiceNamespace("ordersaga"),
			semconv.ServiceName(service),
			semconv.ServiceVersion(version),
			attribute.Int("process.pid", os.Getpid()),
		),
		resource.WithFromEnv(),
	)
}
