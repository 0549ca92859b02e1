package opensagas

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/ordersaga/ordersaga/platform/telemetry"
)

const countGauge, ageGauge = "ordersaga.orders.unsettled", "ordersaga.orders.unsettled.age"

// Observe exports the list's figures until stop is called.
func (s *Sagas) Observe() (stop func(), err error) {
	return telemetry.Observe("github.com/ordersaga/ordersaga/services/orders", func(ctx context.Context, set telemetry.Set) error {
		figures, err := s.Figures(ctx)
		if err != nil {
			return err
		}
		set(countGauge, float64(figures.Stuck), attribute.String("saga", "stuck"))
		set(countGauge, float64(figures.Running), attribute.String("saga", "running"))
		set(ageGauge, figures.Oldest.Seconds())
		return nil
	},
		telemetry.Gauge{Name: countGauge, Description: "sagas that have begun and not ended, by whether they run or are stuck"},
		telemetry.Gauge{Name: ageGauge, Unit: "s", Description: "time since the oldest of them began"})
}

// Figures of the list.
type Figures struct {
	Running, Stuck int64
	// Oldest is the age of the oldest saga, 0 when there is none.
	Oldest time.Duration
}

// Figures counts the open sagas.
func (s *Sagas) Figures(ctx context.Context) (figures Figures, err error) {
	var seconds float64
	err = s.db.SQL.QueryRowContext(ctx, `
		SELECT count(*) FILTER (WHERE stuck_since IS NULL), count(*) FILTER (WHERE stuck_since IS NOT NULL),
			coalesce(extract(epoch FROM clock_timestamp() - min(began_at)), 0)::float8
		FROM open_sagas`).Scan(&figures.Running, &figures.Stuck, &seconds)
	if err != nil {
		return Figures{}, fmt.Errorf("count the open sagas: %w", err)
	}
	figures.Oldest = max(0, time.Duration(seconds*float64(time.Second)))
	return figures, nil
}
