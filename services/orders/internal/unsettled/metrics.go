package unsettled

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

var (
	stuckOrders   = metric.WithAttributeSet(attribute.NewSet(attribute.String("saga", "stuck")))
	runningOrders = metric.WithAttributeSet(attribute.NewSet(attribute.String("saga", "running")))
)

// Observe offers the list's figures to metrics readers until stop is called. It
// asks the database when a reader asks, so that they are also true when nothing
// moves any more.
func (o *Orders) Observe() (stop func(), err error) {
	meter := otel.Meter("github.com/ordersaga/ordersaga/services/orders")
	count, err := meter.Int64ObservableGauge("ordersaga.orders.unsettled",
		metric.WithDescription("orders that are placed and not settled, by whether their saga runs or has got stuck"))
	if err != nil {
		return nil, fmt.Errorf("metrics of unsettled orders: %w", err)
	}
	age, err := meter.Float64ObservableGauge("ordersaga.orders.unsettled.age", metric.WithUnit("s"),
		metric.WithDescription("time since the oldest of them was placed"))
	if err != nil {
		return nil, fmt.Errorf("metrics of unsettled orders: %w", err)
	}
	registration, err := meter.RegisterCallback(func(ctx context.Context, observer metric.Observer) error {
		figures, err := o.Figures(ctx)
		if err != nil {
			return err
		}
		observer.ObserveInt64(count, figures.Stuck, stuckOrders)
		observer.ObserveInt64(count, figures.Running, runningOrders)
		observer.ObserveFloat64(age, figures.Oldest.Seconds())
		return nil
	}, count, age)
	if err != nil {
		return nil, fmt.Errorf("metrics of unsettled orders: %w", err)
	}
	return func() { _ = registration.Unregister() }, nil
}

// Figures of the list.
type Figures struct {
	Running, Stuck int64
	// Oldest is the age of the oldest order, 0 when there is none.
	Oldest time.Duration
}

// Figures counts, in at most 2 s; the list is as long as what is under way.
func (o *Orders) Figures(ctx context.Context) (figures Figures, err error) {
	ctx, cancel := context.WithTimeout(eventtrace.Quiet(ctx), observeTimeout)
	defer cancel()
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
