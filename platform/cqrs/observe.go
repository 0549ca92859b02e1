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
	"go.opentelemetry.io/otel/trace"

	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/platform/telemetry"
)

const scope = "github.com/ordersaga/ordersaga/platform/cqrs"

// useCase is the name under which calls are recorded, and their histogram,
// ordersaga_use_case_duration_seconds.
type useCase struct {
	kind, name string
	duration   metric.Float64Histogram
}

func newUseCase(kind, name string) useCase {
	duration, err := telemetry.Meter(scope).Float64Histogram("ordersaga.use_case.duration",
		metric.WithUnit("s"),
		metric.WithDescription("How long commands and queries took."),
		metric.WithExplicitBucketBoundaries(.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30))
	if err != nil {
		// The name above is invalid: a mistake in the program.
		panic(fmt.Sprintf("cqrs: %v", err))
	}
	return useCase{kind, name, duration}
}

// observe recovers from panics, and records each call.
func observe[Req, Res any](u useCase, handle func(context.Context, Req) (Res, error)) Handler[Req, Res] {
	return HandlerFunc[Req, Res](func(ctx context.Context, req Req) (res Res, err error) {
		ctx, span := telemetry.Tracer(scope).Start(ctx, u.kind+" "+u.name)
		begun := time.Now()
		defer func() {
			if cause := recover(); cause != nil {
				slog.ErrorContext(ctx, "panic", "use_case", u.name, "panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
				err = fmt.Errorf("%s: panic: %v", u.name, cause)
			}
			u.record(ctx, span, time.Since(begun), err)
		}()
		return handle(ctx, req)
	})
}

// record ends the span, adds to the histogram, and writes a log line: errors at level warn, because
// packages rest and rpc log them at their final level, all others at debug. Requests and answers are
// not logged; they may be personal.
func (u useCase) record(ctx context.Context, span trace.Span, took time.Duration, err error) {
	ended, level := outcomeOf(ctx, err), slog.LevelDebug
	line := []slog.Attr{slog.String(u.kind, u.name), slog.Duration("took", took), slog.String("outcome", ended)}
	if err != nil {
		line = append(line, slog.String("error", err.Error()))
	}
	span.SetAttributes(attribute.String("ordersaga.outcome", ended))
	if r, refused := refusal.As(err); refused {
		span.SetAttributes(attribute.String("ordersaga.refusal", r.Reason))
	} else if ended == outcomeError {
		level = slog.LevelWarn
		span.RecordError(err)
		span.SetStatus(codes.Error, "")
	}
	u.duration.Record(ctx, took.Seconds(), metric.WithAttributes(
		attribute.String("kind", u.kind), attribute.String("name", u.name), attribute.String("outcome", ended)))
	slog.LogAttrs(ctx, level, u.kind+" handled", line...)
	span.End()
}

// How a use case ended. A refusal is not an error.
const (
	outcomeOK      = "ok"
	outcomeRefused = "refused"
	// outcomeCancelled means that the caller did not wait.
	outcomeCancelled = "cancelled"
	outcomeError     = "error"
)

func outcomeOf(ctx context.Context, err error) string {
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
