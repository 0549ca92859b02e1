package cqrs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"

	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/platform/telemetry"
)

const scope = "github.com/ordersaga/ordersaga/platform/cqrs"

// How a use case ended. A refusal is a proper answer, not an error.
const (
	outcomeOK      = "ok"
	outcomeRefused = "refused"
	// outcomeCancelled: the caller did not wait.
	outcomeCancelled = "cancelled"
	outcomeError     = "error"
)

func outcome(ctx context.Context, err error) string {
	if err == nil {
		return outcomeOK
	}
	if _, refused := refusal.As(err); refused {
		return outcomeRefused
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return outcomeCancelled
	}
	return outcomeError
}

// Tracing makes the use case a span.
func Tracing[Req, Res any](kind string) Decorator[Req, Res] {
	return func(name string, next Handler[Req, Res]) Handler[Req, Res] {
		return HandlerFunc[Req, Res](func(ctx context.Context, req Req) (Res, error) {
			ctx, span := telemetry.Tracer(scope).Start(ctx, kind+" "+name)
			defer span.End()
			res, err := next.Handle(ctx, req)
			ended := outcome(ctx, err)
			span.SetAttributes(attribute.String("ordersaga.outcome", ended))
			if r, refused := refusal.As(err); refused {
				span.SetAttributes(attribute.String("ordersaga.refusal", r.Reason))
			} else if ended == outcomeError {
				span.RecordError(err)
				span.SetStatus(codes.Error, "")
			}
			return res, err
		})
	}
}

// Metrics records how long the use case took, by name and outcome, as the histogram
// ordersaga_use_case_duration_seconds.
func Metrics[Req, Res any](kind string) Decorator[Req, Res] {
	return func(name string, next Handler[Req, Res]) Handler[Req, Res] {
		duration, err := telemetry.Meter(scope).Float64Histogram("ordersaga.use_case.duration",
			metric.WithUnit("s"),
			metric.WithDescription("How long commands and queries took."),
			metric.WithExplicitBucketBoundaries(.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30))
		if err != nil {
			// The name above is wrong: a mistake in the program, met at its start.
			panic(fmt.Sprintf("cqrs: %v", err))
		}
		return HandlerFunc[Req, Res](func(ctx context.Context, req Req) (Res, error) {
			begun := time.Now()
			res, err := next.Handle(ctx, req)
			duration.Record(ctx, time.Since(begun).Seconds(), metric.WithAttributes(
				attribute.String("kind", kind), attribute.String("name", name), attribute.String("outcome", outcome(ctx, err))))
			return res, err
		})
	}
}

// Logging writes one line for each use case: errors at warn, since the border that answers the
// caller decides how bad they are, the rest at debug. Requests and answers are not written; they
// may be personal.
func Logging[Req, Res any](kind string) Decorator[Req, Res] {
	return func(name string, next Handler[Req, Res]) Handler[Req, Res] {
		return HandlerFunc[Req, Res](func(ctx context.Context, req Req) (Res, error) {
			begun := time.Now()
			res, err := next.Handle(ctx, req)
			ended := outcome(ctx, err)
			attrs := []slog.Attr{slog.String(kind, name), slog.Duration("took", time.Since(begun)), slog.String("outcome", ended)}
			level := slog.LevelDebug
			if err != nil {
				attrs = append(attrs, slog.String("error", err.Error()))
			}
			if ended == outcomeError {
				level = slog.LevelWarn
			}
			slog.LogAttrs(ctx, level, kind+" handled", attrs...)
			return res, err
		})
	}
}

// Recovery turns a panic into an error.
func Recovery[Req, Res any]() Decorator[Req, Res] {
	return func(name string, next Handler[Req, Res]) Handler[Req, Res] {
		return HandlerFunc[Req, Res](func(ctx context.Context, req Req) (res Res, err error) {
			defer func() {
				if cause := recover(); cause != nil {
					slog.ErrorContext(ctx, "panic", "use_case", name, "panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
					err = fmt.Errorf("%s: panic: %v", name, cause)
				}
			}()
			return next.Handle(ctx, req)
		})
	}
}

// Validation refuses a request whose own Validate refuses it.
func Validation[Req, Res any]() Decorator[Req, Res] {
	return func(_ string, next Handler[Req, Res]) Handler[Req, Res] {
		return HandlerFunc[Req, Res](func(ctx context.Context, req Req) (Res, error) {
			if checked, ok := any(req).(interface{ Validate() error }); ok {
				if err := checked.Validate(); err != nil {
					var none Res
					return none, err
				}
			}
			return next.Handle(ctx, req)
		})
	}
}
