// Package listproducts shows the catalog in pages, from the read side.
package listproducts

import (
	"context"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/readside"
)

// Query asks for a page of products.
type Query struct {
	Limit  int         `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Products on a page."`
	Cursor rest.Cursor `query:"cursor" doc:"next_cursor of the page before."`
}

// Result is the page, in the bytewise order of the SKUs.
type Result struct {
	Products []readside.Product
	Next     rest.Cursor // empty on the last page
}

// position is the last SKU of a page.
type position struct {
	SKU string `json:"sku"`
}

// New makes the use case.
func New(products *readside.Products) cqrs.Handler[Query, Result] {
	return cqrs.Query("list_products", cqrs.HandlerFunc[Query, Result](func(ctx context.Context, query Query) (Result, error) {
		found, next, err := rest.Page(ctx, "products", query.Cursor, query.Limit,
			func(after position, limit int) ([]readside.Product, error) {
				return products.Page(ctx, after.SKU, limit)
			},
			func(last readside.Product) position { return position{SKU: last.SKU} })
		return Result{Products: found, Next: next}, err
	}))
}
