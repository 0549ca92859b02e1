package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
	"go.opentelemetry.io/otel/attribute"

	"github.com/ordersaga/ordersaga/platform/pause"
	"github.com/ordersaga/ordersaga/platform/telemetry"
)

const (
	// readyTimeout bounds one call of Ready.
	readyTimeout = 5 * time.Second
	// holdLimit is how long messages are held before they are returned to the queue. By default
	// RabbitMQ ends a subscription that does not acknowledge within 30 min.
	holdLimit = 20 * time.Minute
)

// errHeld means that messages were returned because they had been held for holdLimit.
var errHeld = errors.New("messages held too long, returned to the queue")

// hold is the state of a consumer whose dependency does not work: it keeps its messages and their
// order, and counts no attempt.
type hold struct {
	since atomic.Int64 // Unix nanoseconds; 0 while it does not hold
	wait  *backoff.ExponentialBackOff
	limit time.Time // when the held messages are returned
}

// notNow reports whether an error comes from a dependency that does not work, not from the events.
func (c *Consumer) notNow(err error) bool {
	if isPoison(err) {
		return false
	}
	return c.Unavailable != nil && c.Unavailable(err) || c.ready(context.Background()) != nil
}

// ready asks whether the handler's dependencies work.
func (c *Consumer) ready(ctx context.Context) error {
	if c.Ready == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	return c.Ready(ctx)
}

// hold waits before the next try, with growing pauses up to 5 s.
func (s *session) hold(ctx context.Context, cause error) error {
	if s.held.since.CompareAndSwap(0, time.Now().UnixNano()) {
		s.held.wait = pause.Growing(firstPause, longestPause)
		slog.WarnContext(ctx, "consumer holds its messages until its dependencies work again", "queue", s.main, "error", cause)
	}
	if s.held.limit.IsZero() {
		s.held.limit = time.Now().Add(s.holdLimit)
		// Settled messages are acknowledged now; they need not wait.
		if err := s.acknowledge(); err != nil {
			return err
		}
	}
	for first := true; first || s.ready(s.alive) != nil; first = false {
		if time.Now().After(s.held.limit) {
			s.held.limit = time.Time{}
			return fmt.Errorf("%w: %w", errHeld, cause)
		}
		if err := s.pause(ctx, s.held.wait.NextBackOff()); err != nil {
			return err
		}
	}
	return nil
}

// awaitReady waits, without holding messages, until the handler's dependencies work.
func (s *subscription) awaitReady(ctx context.Context) {
	for ctx.Err() == nil && s.ready(ctx) != nil {
		_ = pause.For(ctx, s.held.wait.NextBackOff(), nil)
	}
}

// release ends a hold after the handler has worked.
func (s *session) release(ctx context.Context) {
	s.held.limit = time.Time{}
	if age := s.held.age(); s.held.since.Swap(0) != 0 {
		slog.InfoContext(ctx, "consumer works again", "queue", s.main, "held", age.Round(time.Second))
	}
}

// age returns how long the consumer has held its messages.
func (h *hold) age() time.Duration {
	since := h.since.Load()
	if since == 0 {
		return 0
	}
	return time.Since(time.Unix(0, since))
}

const heldGauge = "ordersaga.broker.held"

// observe exports how long the consumer has held its messages, until stop is called.
func (s *subscription) observe() (stop func(), err error) {
	return telemetry.Observe(scope, func(_ context.Context, set telemetry.Set) error {
		set(heldGauge, s.held.age().Seconds(), attribute.String("consumer", s.Name))
		return nil
	}, telemetry.Gauge{Name: heldGauge, Unit: "s", Description: "how long a consumer has held its messages because a dependency does not work"})
}
