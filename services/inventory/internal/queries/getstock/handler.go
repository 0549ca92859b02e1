// Package getstock returns the stock of a SKU.
package getstock

import (
	"context"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/inventory/internal/domain"
	"github.com/ordersaga/ordersaga/services/inventory/internal/store"
)

// Query names the SKU.
type Query struct {
	SKU string `path:"sku" maxLength:"64" doc:"The SKU." example:"mug-blue"`
}

// Result is the stock, if there is an item of the SKU.
type Result struct {
	Item  store.StockItem
	Found bool
}

// New makes the use case.
func New(db *postgres.DB) cqrs.Handler[Query, Result] {
	return cqrs.Query("get_stock", func(ctx context.Context, query Query) (Result, error) {
		if !domain.IsSKU(query.SKU) {
			return Result{}, nil
		}
		item, found, err := store.FindStock(ctx, db, query.SKU)
		return Result{Item: item, Found: found}, err
	})
}
