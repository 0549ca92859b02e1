package listprices

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/each"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/store"
	"github.com/ordersaga/ordersaga/services/catalog/internal/wire"
)

// PriceHistory is a page of the prices of a product.
type PriceHistory struct {
	Prices []wire.ProductPrice `json:"prices" nullable:"false" doc:"The latest first, scheduled ones among them."`
	Next   rest.Cursor         `json:"next_cursor,omitempty" doc:"Asks for the next page; absent on the last one."`
}

// Route serves GET /v1/products/{sku}/prices.
func Route(api *rest.API, db *postgres.DB) {
	handler := New(db)
	rest.Serve(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/products/{sku}/prices", ID: "list-prices",
		Summary:     "List the prices of a product",
		Description: "What the product has cost, costs and will cost. The first one that is not scheduled is the price that holds.",
		Tags:        []string{"products"}, Scope: auth.ScopeOperator, Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, query Query) (PriceHistory, error) {
		result, err := handler.Handle(ctx, query)
		// A product has one price at least; only a page after the last one may be empty.
		if err == nil && len(result.Prices) == 0 && query.Cursor == "" {
			err = rest.NewProblem(http.StatusNotFound, "product-not-found", fmt.Sprintf("There is no product %.64q.", query.SKU))
		}
		return show(result, time.Now()), err
	})
}

func show(result Result, now time.Time) PriceHistory {
	return PriceHistory{Next: result.Next, Prices: each.Map(result.Prices, func(p store.StoredPrice) wire.ProductPrice {
		return wire.PriceOf(p.PriceFrom, p.Currency, p.Pending && p.From.After(now))
	})}
}
