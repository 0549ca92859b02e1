package unsettled

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/ordersaga/ordersaga/platform/telemetry"
)

const countGauge, ageGauge = "ordersaga.orders.unsettled", "ordersaga.orders.unsettled.age"

// Observe offers the list's figures to metrics readers until stop is called.
func (o *Orders) Observe() (stop func(), err error) {
	return telemetry.Observe("github.com/ordersaga/ordersaga/services/orders", func(ctx context.Context, set telemetry.Set) error {
		figures, err := o.Figures(ctx)
		if err != nil {
			return err
		}
		set(countGauge, float64(figures.Stuck), attribute.String("saga", "stuck"))
		set(countGauge, float64(figures.Running), attribute.String("saga", "running"))
		set(ageGauge, figures.Oldest.Seconds())
		return nil
	},
		telemetry.Gauge{Name: countGauge, Description: "orders that are placed and not settled, by whether their saga runs or has got stuck"},
		telemetry.Gauge{Name: ageGauge, Unit: "s", Description: "time since the oldest of them was placed"})
}

// Figures of the list.
type Figures struct {
	Running, Stuck int64
	// Oldest is the age of the oldest order, 0 when there is none.
	Oldest time.Duration
}

// Figures counts; the list is as long as what is under way.
func (o *Orders) Figures(ctx context.Context) (figures Figures, err error) {
	var seconds float64
	err = o.db.SQL.QueryRowContext(ctx, `
		SELECT count(*) FILTER (WHERE stuck_since IS NULL), count(*) FILTER (WHERE stuck_since IS NOT NULL),
			coalesce(extract(epoch FROM clock_timestamp() - min(placed_at)), 0)::float8
		FROM unsettled_orders`).Scan(&figures.Running, &figures.Stuck, &seconds)
	if err != nil {
		return Figures{}, fmt.Errorf("count the unsettled orders: %w", err)
	}
	figures.Oldest = max(0, time.Duration(seconds*float64(time.Second)))
	return figures, nil
}
