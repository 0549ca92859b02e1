// Package listprices shows what a product has cost, costs and will cost.
package listprices

import (
	"context"
	"time"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
	"github.com/ordersaga/ordersaga/services/catalog/internal/store"
)

// Query asks for a page of the prices of a product.
type Query struct {
	SKU    string      `path:"sku" doc:"Identifies the product; case matters." example:"MUG-1"`
	Limit  int         `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Prices on a page."`
	Cursor rest.Cursor `query:"cursor" doc:"next_cursor of the page before."`
}

// Result is the page, the latest price first. It has none when there is no such product.
type Result struct {
	Prices []store.StoredPrice
	Next   rest.Cursor // empty on the last page
}

// position is the last price of a page.
type position struct {
	From time.Time `json:"from"`
}

// New makes the use case.
func New(db *postgres.DB) cqrs.Handler[Query, Result] {
	return cqrs.Query("list_prices", func(ctx context.Context, query Query) (Result, error) {
		if !domain.IsSKU(query.SKU) { // PostgreSQL refuses a text with a NUL in it
			return Result{}, nil
		}
		prices, next, err := rest.Page(ctx, "prices-"+query.SKU, query.Cursor, query.Limit,
			func(after position, limit int) ([]store.StoredPrice, error) {
				return store.PriceHistory(ctx, db, query.SKU, after.From, limit)
			},
			func(last store.StoredPrice) position { return position{From: last.From} })
		return Result{Prices: prices, Next: next}, err
	})
}
