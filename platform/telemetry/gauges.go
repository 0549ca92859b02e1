package telemetry

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/ordersaga/ordersaga/platform/eventtrace"
)

// observeTimeout bounds one reading of gauges.
const observeTimeout = 2 * time.Second

// Gauge is a value that is read when metrics are collected.
type Gauge struct {
	Name        string // ordersaga.outbox.lag
	Unit        string // "s"; empty for a count
	Description string
}

// Set sets the value of a gauge, by its name.
type Set func(name string, value float64, labels ...attribute.KeyValue)

// Observe exports gauges until stop is called. Read sets their values at each collection, within 2
// s and without a trace; after an error this collection has no values.
func Observe(meter string, read func(ctx context.Context, set Set) error, gauges ...Gauge) (stop func(), err error) {
	m := Meter(meter)
	instruments := make(map[string]metric.Float64Observable, len(gauges))
	all := make([]metric.Observable, len(gauges))
	for i, g := range gauges {
		gauge, err := m.Float64ObservableGauge(g.Name, metric.WithUnit(g.Unit), metric.WithDescription(g.Description))
		if err != nil {
			return nil, fmt.Errorf("metric %s: %w", g.Name, err)
		}
		instruments[g.Name], all[i] = gauge, gauge
	}
	registration, err := m.RegisterCallback(func(ctx context.Context, observer metric.Observer) error {
		ctx, cancel := context.WithTimeout(eventtrace.Quiet(ctx), observeTimeout)
		defer cancel()
		return read(ctx, func(name string, value float64, labels ...attribute.KeyValue) {
			observer.ObserveFloat64(instruments[name], value, metric.WithAttributes(labels...))
		})
	}, all...)
	if err != nil {
		return nil, fmt.Errorf("metrics of %s: %w", meter, err)
	}
	return func() { _ = registration.Unregister() }, nil
}
