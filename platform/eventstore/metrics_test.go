package eventstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/ordersaga/ordersaga/platform/eventstore"
	"github.com/ordersaga/ordersaga/platform/testkit"
)

// gauges reads the gauges by name, when a test asks.
func gauges(t *testing.T) (read func() map[string]float64) {
	t.Helper()
	reader := metric.NewManualReader()
	before := otel.GetMeterProvider()
	otel.SetMeterProvider(metric.NewMeterProvider(metric.WithReader(reader)))
	t.Cleanup(func() { otel.SetMeterProvider(before) })
	return func() map[string]float64 {
		var collected metricdata.ResourceMetrics
		require.NoError(t, reader.Collect(t.Context(), &collected))
		values := map[string]float64{}
		for _, scope := range collected.ScopeMetrics {
			for _, m := range scope.Metrics {
				switch gauge := m.Data.(type) {
				case metricdata.Gauge[int64]:
					values[m.Name] = float64(gauge.DataPoints[0].Value)
				case metricdata.Gauge[float64]:
					values[m.Name] = gauge.DataPoints[0].Value
				}
			}
		}
		return values
	}
}

func TestMetricsTellHowFarASubscriptionIsBehind(t *testing.T) {
	read := gauges(t)
	store, _ := newStore(t)
	release := make(chan struct{})
	running(t, store.Sequence)
	running(t, func(ctx context.Context) error {
		return store.Subscribe(ctx, eventstore.Subscription{Name: "slow", Handle: func(context.Context, []eventstore.Event) error {
			<-release
			return nil
		}})
	})
	_, err := store.Append(t.Context(), "order-1", 0, events(3)...)
	require.NoError(t, err)
	testkit.Eventually(t, "three events to be waited for, some time already", func() bool {
		values := read()
		return values["ordersaga.eventstore.behind"] == 3 && values["ordersaga.eventstore.lag"] > (10*time.Millisecond).Seconds()
	})
	close(release)
	testkit.Eventually(t, "the subscription to catch up", func() bool { return read()["ordersaga.eventstore.behind"] == 0 })
	assert.Zero(t, read()["ordersaga.eventstore.lag"])
}
