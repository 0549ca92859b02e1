package telemetry

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"sync/atomic"

	promclient "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/contrib/exporters/autoexport"
	"go.opentelemetry.io/contrib/instrumentation/runtime"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
)

// registry has the metrics of the running provider; it is nil before Setup. It is not Prometheus'
// global registry, so that metrics of libraries are not in it.
var registry atomic.Pointer[promclient.Registry]

// Meter returns the meter of a package, by its import path.
func Meter(name string) metric.Meter { return otel.GetMeterProvider().Meter(name) }

// MetricsHandler answers a Prometheus scrape.
func MetricsHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		current := registry.Load()
		if current == nil {
			current = promclient.NewRegistry()
		}
		promhttp.HandlerFor(current, promhttp.HandlerOpts{}).ServeHTTP(w, r)
	})
}

func newMeterProvider(ctx context.Context, described *resource.Resource) (*sdkmetric.MeterProvider, error) {
	fresh := promclient.NewRegistry()
	if err := fresh.Register(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})); err != nil {
		return nil, fmt.Errorf("register process metrics: %w", err)
	}
	scraped, err := prometheus.New(prometheus.WithRegisterer(fresh), prometheus.WithoutScopeInfo())
	if err != nil {
		return nil, fmt.Errorf("set up the Prometheus exporter: %w", err)
	}
	options := []sdkmetric.Option{sdkmetric.WithResource(described), sdkmetric.WithReader(scraped)}
	// Prometheus is always served on the admin port; pushing is optional.
	if name := os.Getenv("OTEL_METRICS_EXPORTER"); name != "" && name != "prometheus" && name != "none" {
		pushed, err := autoexport.NewMetricReader(ctx)
		if err != nil {
			return nil, fmt.Errorf("OTEL_METRICS_EXPORTER=%s: %w", name, err)
		}
		options = append(options, sdkmetric.WithReader(pushed))
	}
	provider := sdkmetric.NewMeterProvider(options...)
	if err := runtime.Start(runtime.WithMeterProvider(provider)); err != nil {
		return nil, fmt.Errorf("start the Go runtime's metrics: %w", err)
	}
	registry.Store(fresh)
	return provider, nil
}
