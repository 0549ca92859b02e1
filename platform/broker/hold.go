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

	"github.com/ordersaga/ordersaga/platform/telemetry"
)

const (
	// readyTimeout bounds one question whether the handler's needs are met.
	readyTimeout = 5 * time.Second
	// holdLimit is how long messages are held in hand before they are given back. By default
	// RabbitMQ ends a subscription that does not acknowledge within 30 min.
	holdLimit = 20 * time.Minute
)

// errHeld says that messages were given back because they were held for long.
var errHeld = errors.New("held messages for long and gave them back")

// hold is what a consumer waits for while its handler cannot work, whatever the event: it keeps its
// messages, and their order, and counts no attempt.
type hold struct {
	since atomic.Int64 // Unix nanoseconds; 0 while it does not hold
	wait  *backoff.ExponentialBackOff
	limit time.Time // when what is in hand is given back
}

// notNow tells whether an error is no fault of the events: what the handler needs does not work.
func (c *Consumer) notNow(err error) bool {
	if isPoison(err) {
		return false
	}
	return c.Unavailable != nil && c.Unavailable(err) || c.ready(context.Background()) != nil
}

// ready asks whether what the handler needs is there.
func (c *Consumer) ready(ctx context.Context) error {
	if c.Ready == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	return c.Ready(ctx)
}

// hold waits before the next try, ever longer, up to 5 s.
func (s *session) hold(ctx context.Context, cause error) error {
	if s.held.since.CompareAndSwap(0, time.Now().UnixNano()) {
		s.held.wait = newBackoff()
		slog.WarnContext(ctx, "consumer holds its messages until what it needs works again", "queue", s.main, "error", cause)
	}
	if s.held.limit.IsZero() {
		s.held.limit = time.Now().Add(s.holdLimit)
		// What is settled need not wait with them.
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

// awaitReady waits, with nothing in hand, until what the handler needs is there.
func (s *subscription) awaitReady(ctx context.Context) {
	for ctx.Err() == nil && s.ready(ctx) != nil {
		sleep(ctx, s.held.wait.NextBackOff())
	}
}

// release ends a hold after the handler has worked.
func (s *session) release(ctx context.Context) {
	s.held.limit = time.Time{}
	if age := s.held.age(); s.held.since.Swap(0) != 0 {
		slog.InfoContext(ctx, "consumer works again", "queue", s.main, "held", age.Round(time.Second))
	}
}

// age is how long the consumer has held its messages.
func (h *hold) age() time.Duration {
	since := h.since.Load()
	if since == 0 {
		return 0
	}
	return time.Since(time.Unix(0, since))
}

const heldGauge = "ordersaga.broker.held"

// observe tells how long the consumer has held its messages, until stop is called.
func (s *subscription) observe() (stop func(), err error) {
	return telemetry.Observe(scope, func(_ context.Context, set telemetry.Set) error {
		set(heldGauge, s.held.age().Seconds(), attribute.String("consumer", s.Name))
		return nil
	}, telemetry.Gauge{Name: heldGauge, Unit: "s", Description: "how long a consumer has held its messages because what it needs does not work"})
}
