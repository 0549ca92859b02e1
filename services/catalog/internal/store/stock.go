package store

import (
	"context"
	"fmt"

	"github.com/ordersaga/ordersaga/platform/postgres"
)

// Stock is what inventory last told of a SKU, in units.
type Stock struct{ Available, Version int64 }

// Stocks reads what inventory last told of each SKU; nil when it has not told of it.
func Stocks(ctx context.Context, db *postgres.DB, skus ...string) (map[string]*Stock, error) {
	type row struct {
		sku string
		Stock
	}
	rows, err := postgres.Select(ctx, db.SQL, func(r *row) []any { return []any{&r.sku, &r.Available, &r.Version} },
		`SELECT sku, available, version FROM availability WHERE sku = ANY($1)`, skus)
	if err != nil {
		return nil, fmt.Errorf("read the stock of %d SKUs: %w", len(skus), err)
	}
	stocks := make(map[string]*Stock, len(rows))
	for i := range rows {
		stocks[rows[i].sku] = &rows[i].Stock
	}
	return stocks, nil
}
