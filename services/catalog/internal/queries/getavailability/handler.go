// Package getavailability answers whether a product can be ordered, from the read side.
package getavailability

import (
	"context"
	"errors"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/catalog/internal/readside"
)

// Query names the product.
type Query struct {
	SKU string `path:"sku" doc:"Identifies the product; case matters." example:"MUG-1"`
}

// Result is the product, when it is found.
type Result struct {
	Product readside.Product
	Found   bool
}

// New makes the use case.
func New(products *readside.Products) cqrs.Handler[Query, Result] {
	return cqrs.Query("get_availability", func(ctx context.Context, query Query) (Result, error) {
		product, err := products.Get(ctx, query.SKU)
		if errors.Is(err, readside.ErrNotFound) {
			return Result{}, nil // an answer, not a failure to log
		}
		return Result{Product: product, Found: err == nil}, err
	})
}
