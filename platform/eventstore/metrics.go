package eventstore

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/ordersaga/ordersaga/platform/eventtrace"
)

// observeTimeout bounds the question of a metrics reader.
const observeTimeout = 2 * time.Second

// observe offers to metrics readers how far a subscription is behind, until stop
// is called. It asks the database when a reader asks: the numbers are also true
// when the subscriber hangs, and the same in every process.
func (s *Store) observe(subscription string) (stop func(), err error) {
	meter := otel.Meter("github.com/ordersaga/ordersaga/platform/eventstore")
	behind, err := meter.Int64ObservableGauge("ordersaga.eventstore.behind",
		metric.WithDescription("committed events that a subscription of the log has not handled"))
	if err != nil {
		return nil, fmt.Errorf("metrics of the event store: %w", err)
	}
	lag, err := meter.Float64ObservableGauge("ordersaga.eventstore.lag", metric.WithUnit("s"),
		metric.WithDescription("age of the oldest event that a subscription of the log has not handled"))
	if err != nil {
		return nil, fmt.Errorf("metrics of the event store: %w", err)
	}
	which := metric.WithAttributeSet(attribute.NewSet(attribute.String("subscription", subscription)))
	registration, err := meter.RegisterCallback(func(ctx context.Context, observer metric.Observer) error {
		ctx, cancel := context.WithTimeout(eventtrace.Quiet(ctx), observeTimeout)
		defer cancel()
		position, head, err := s.Progress(ctx, subscription)
		if err != nil {
			return err
		}
		age, err := s.waiting(ctx, position)
		if err != nil {
			return err
		}
		observer.ObserveInt64(behind, head-position, which)
		observer.ObserveFloat64(lag, age.Seconds(), which)
		return nil
	}, behind, lag)
	if err != nil {
		return nil, fmt.Errorf("metrics of the event store: %w", err)
	}
	return func() { _ = registration.Unregister() }, nil
}

// waiting is the age of the oldest event behind a position, 0 when there is none.
func (s *Store) waiting(ctx context.Context, position int64) (time.Duration, error) {
	var seconds float64
	err := s.db.SQL.QueryRowContext(ctx, `
		SELECT coalesce(extract(epoch FROM clock_timestamp() - least(
			(SELECT recorded_at FROM events WHERE position > $1 ORDER BY position LIMIT 1),
			(SELECT recorded_at FROM events WHERE position IS NULL ORDER BY seq LIMIT 1))), 0)::float8`, position).Scan(&seconds)
	if err != nil {
		return 0, fmt.Errorf("age of the events behind %d: %w", position, err)
	}
	return max(0, time.Duration(seconds*float64(time.Second))), nil
}
