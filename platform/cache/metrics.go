package cache

import (
	"context"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// For an invalid name the API returns an instrument that does nothing, not nil.
var reads, _ = otel.Meter("github.com/ordersaga/ordersaga/platform/cache").Int64Counter("ordersaga.cache.reads",
	metric.WithDescription("values asked for, by cache and result: hit, miss, away (the store did not answer)"))

func count(ctx context.Context, name, result string) {
	reads.Add(ctx, 1, metric.WithAttributes(attribute.String("cache", name), attribute.String("result", result)))
}
