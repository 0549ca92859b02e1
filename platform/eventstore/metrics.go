package eventstore

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/ordersaga/ordersaga/platform/telemetry"
)

const behindGauge, lagGauge, deferredGauge = "ordersaga.eventstore.behind", "ordersaga.eventstore.lag", "ordersaga.eventstore.deferred"

// observe exports how far a subscription is behind and how many streams it has deferred. Every
// process exports the same values.
func (s *Store) observe(subscription string) (stop func(), err error) {
	label := attribute.String("subscription", subscription)
	return telemetry.Observe("github.com/ordersaga/ordersaga/platform/eventstore", func(ctx context.Context, set telemetry.Set) error {
		lag, err := s.Lag(ctx, subscription)
		if err != nil {
			return err
		}
		set(behindGauge, float64(lag.Behind), label)
		set(lagGauge, lag.Age.Seconds(), label)
		deferred, err := s.Deferred(ctx, subscription)
		if err != nil {
			return err
		}
		set(deferredGauge, float64(deferred), label)
		return nil
	},
		telemetry.Gauge{Name: behindGauge, Description: "committed events that a subscription of the log has not handled"},
		telemetry.Gauge{Name: lagGauge, Unit: "s", Description: "age of the oldest event that a subscription of the log has not handled"},
		telemetry.Gauge{Name: deferredGauge, Description: "streams that a subscription of the log cannot read and has deferred"})
}

// Deferred counts the streams that a subscription has deferred.
func (s *Store) Deferred(ctx context.Context, name string) (streams int64, err error) {
	err = s.db.SQL.QueryRowContext(ctx, `SELECT count(*) FROM deferred_streams WHERE subscription = $1`, name).Scan(&streams)
	if err != nil {
		return 0, fmt.Errorf("count the deferred streams of subscription %s: %w", name, err)
	}
	return streams, nil
}

// Lag tells how far a subscription is behind.
type Lag struct {
	Behind int64         // committed events that it has not handled
	Age    time.Duration // of the oldest of them, 0 when there is none
}

// Lag of a subscription.
func (s *Store) Lag(ctx context.Context, name string) (lag Lag, err error) {
	position, head, err := s.Progress(ctx, name)
	if err != nil || head <= position {
		return Lag{}, err
	}
	lag.Behind = head - position
	lag.Age, err = s.waiting(ctx, position)
	return lag, err
}

// waiting returns the age of the oldest event after a position, 0 when there is none.
func (s *Store) waiting(ctx context.Context, position int64) (time.Duration, error) {
	var seconds float64
	err := s.db.SQL.QueryRowContext(ctx, `
		SELECT coalesce(extract(epoch FROM clock_timestamp() - least(
			(SELECT recorded_at FROM events WHERE position > $1 ORDER BY position LIMIT 1),
			(SELECT recorded_at FROM events WHERE position IS NULL ORDER BY seq LIMIT 1))), 0)::float8`, position).Scan(&seconds)
	if err != nil {
		return 0, fmt.Errorf("age of the events after %d: %w", position, err)
	}
	return max(0, time.Duration(seconds*float64(time.Second))), nil
}
