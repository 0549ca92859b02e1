package outbox

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"

	"github.com/ordersaga/ordersaga/platform/eventtrace"
)

const (
	// observeTimeout bounds the question of a metrics reader.
	observeTimeout = 2 * time.Second
	// maxCounted bounds counting a backlog; above it the number is "many".
	maxCounted = 100_000
)

var (
	meter        = otel.Meter("github.com/ordersaga/ordersaga/platform/outbox")
	published, _ = meter.Int64Counter("ordersaga.outbox.published",
		metric.WithDescription("events moved from the outbox to the broker"))
)

func countPublished(ctx context.Context, events int) {
	if events > 0 {
		published.Add(ctx, int64(events))
	}
}

// observe offers the backlog to metrics readers until stop is called. It asks
// the database when a reader asks, so that the numbers are also true when the
// relay itself hangs.
func (r *Relay) observe() (stop func(), err error) {
	pending, err := meter.Int64ObservableGauge("ordersaga.outbox.pending",
		metric.WithDescription("committed events not yet published, counted up to 100,000"))
	if err != nil {
		return nil, fmt.Errorf("outbox metrics: %w", err)
	}
	lag, err := meter.Float64ObservableGauge("ordersaga.outbox.lag", metric.WithUnit("s"),
		metric.WithDescription("age of the oldest event not yet published"))
	if err != nil {
		return nil, fmt.Errorf("outbox metrics: %w", err)
	}
	registration, err := meter.RegisterCallback(func(ctx context.Context, observer metric.Observer) error {
		backlog, err := r.Backlog(ctx)
		if err != nil {
			return err
		}
		observer.ObserveInt64(pending, int64(backlog.Pending))
		observer.ObserveFloat64(lag, backlog.Lag.Seconds())
		return nil
	}, pending, lag)
	if err != nil {
		return nil, fmt.Errorf("outbox metrics: %w", err)
	}
	return func() { _ = registration.Unregister() }, nil
}

// Backlog is what waits in the outbox.
type Backlog struct {
	// Pending counts the events, up to 100,000.
	Pending int
	// Lag is the age of the oldest one, 0 when there is none.
	Lag time.Duration
}

// Backlog asks the database, for at most 2 s, what waits to be published.
func (r *Relay) Backlog(ctx context.Context) (Backlog, error) {
	ctx, cancel := context.WithTimeout(eventtrace.Quiet(ctx), observeTimeout)
	defer cancel()
	const statement = `
SELECT (SELECT count(*) FROM (SELECT 1 FROM outbox LIMIT $1) AS counted),
       coalesce((SELECT extract(epoch FROM clock_timestamp() - appended_at) FROM outbox ORDER BY id LIMIT 1), 0)::float8`
	var backlog Backlog
	var seconds float64
	if err := r.db.SQL.QueryRowContext(ctx, statement, maxCounted).Scan(&backlog.Pending, &seconds); err != nil {
		return Backlog{}, fmt.Errorf("read the outbox backlog: %w", err)
	}
	backlog.Lag = max(0, time.Duration(seconds*float64(time.Second)))
	return backlog, nil
}
