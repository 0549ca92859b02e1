// Package telemetry gives every program the same traces, metrics and logs.
//
// Traces are OpenTelemetry with W3C propagation and go where OTEL_* says, or nowhere: the ids exist
// either way, so a log line always names its trace. Metrics are scraped by Prometheus from the
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

// Setup makes a program's telemetry global; call it first in main. Shutdown sends what is still
// held back and takes as long as its context allows. The error names the variable that is wrong.
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
	options := []sdktrace.TracerProviderOption{sdktrace.WithResource(described)}
	if tracesAreWanted() {
		exporter, err := autoexport.NewSpanExporter(ctx)
		if err != nil {
			return nil, fmt.Errorf("OTEL_TRACES_EXPORTER=%s: %w", os.Getenv("OTEL_TRACES_EXPORTER"), err)
		}
		options = append(options, sdktrace.WithBatcher(exporter))
	}
	traces := sdktrace.NewTracerProvider(options...)
	metrics, err := newMeterProvider(ctx, described)
	if err != nil {
		return nil, errors.Join(err, traces.Shutdown(ctx))
	}
	otel.SetTracerProvider(traces)
	otel.SetMeterProvider(metrics)
	otel.SetTextMapPropagator(propagator())
	// A collector that is away must cost a warning, not the program.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		slog.Warn("telemetry", "error", err)
	}))
	return func(ctx context.Context) error {
		return errors.Join(traces.Shutdown(ctx), metrics.Shutdown(ctx))
	}, nil
}

// Tracer is the tracer of a package, named by its import path. Ask for it when a span starts rather
// than keeping it: tests change the provider.
func Tracer(name string) trace.Tracer { return otel.GetTracerProvider().Tracer(name) }

// TraceID is the id of the trace a context is in, as 32 hexadecimal digits, or empty.
func TraceID(ctx context.Context) string {
	if span := trace.SpanContextFromContext(ctx); span.HasTraceID() {
		return span.TraceID().String()
	}
	return ""
}

func tracesAreWanted() bool {
	for _, name := range []string{"OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"} {
		if os.Getenv(name) != "" {
			return true
		}
	}
	return false
}

// propagator carries the trace from program to program and nothing else: baggage would go wherever
// the trace goes, to the order log and the payment provider too.
func propagator() propagation.TextMapPropagator { return propagation.TraceContext{} }

// describe says which program this is. OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win over what
// the program says of itself.
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
