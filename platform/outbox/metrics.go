package outbox

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"

	"github.com/ordersaga/ordersaga/platform/eventtrace"
	"github.com/ordersaga/ordersaga/platform/telemetry"
)

const (
	// scope of the metrics.
	scope = "github.com/ordersaga/ordersaga/platform/outbox"
	// backlogTimeout bounds one call of Backlog.
	backlogTimeout = 2 * time.Second
	// maxCounted bounds the counting of a backlog.
	maxCounted = 100_000
)

var (
	meter        = otel.Meter(scope)
	published, _ = meter.Int64Counter("ordersaga.outbox.published",
		metric.WithDescription("events moved from the outbox to the broker"))
)

func countPublished(ctx context.Context, events int) {
	if events > 0 {
		published.Add(ctx, int64(events))
	}
}

const pendingGauge, lagGauge = "ordersaga.outbox.pending", "ordersaga.outbox.lag"

// observe exports the backlog until stop is called.
func (r *Relay) observe() (stop func(), err error) {
	return telemetry.Observe(scope, func(ctx context.Context, set telemetry.Set) error {
		backlog, err := r.Backlog(ctx)
		if err != nil {
			return err
		}
		set(pendingGauge, float64(backlog.Pending))
		set(lagGauge, backlog.Lag.Seconds())
		return nil
	},
		telemetry.Gauge{Name: pendingGauge, Description: "committed events not yet published, counted up to 100,000"},
		telemetry.Gauge{Name: lagGauge, Unit: "s", Description: "age of the oldest event not yet published"})
}

// Backlog describes the events that wait in the outbox.
type Backlog struct {
	// Pending counts the events, up to 100,000.
	Pending int
	// Lag is the age of the oldest one, 0 when there is none.
	Lag time.Duration
	// Problem is the reason why this process could not publish its last batch, or "".
	Problem string
}

// Backlog reads from the database, within 2 s, which events wait to be published.
func (r *Relay) Backlog(ctx context.Context) (Backlog, error) {
	ctx, cancel := context.WithTimeout(eventtrace.Quiet(ctx), backlogTimeout)
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
	if problem := r.problem.Load(); problem != nil {
		backlog.Problem = *problem
	}
	return backlog, nil
}
