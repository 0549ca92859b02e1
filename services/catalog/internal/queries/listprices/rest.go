package listprices

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/wire"
)

// PriceHistory is a page of the prices of a product.
type PriceHistory struct {
	Prices []wire.ProductPrice `json:"prices" nullable:"false" doc:"The latest first, scheduled ones among them."`
	Next   rest.Cursor         `json:"next_cursor,omitempty" doc:"Asks for the next page; absent on the last one."`
}

type output struct{ Body PriceHistory }

// Route serves GET /v1/products/{sku}/prices.
func Route(api *rest.API, db *postgres.DB) {
	handler := New(db)
	rest.Handle(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/products/{sku}/prices", ID: "list-prices",
		Summary:     "List the prices of a product",
		Description: "What the product has cost, costs and will cost. The first one that is not scheduled is the price that holds.",
		Tags:        []string{"products"}, Scope: auth.ScopeOperator, Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, query *Query) (*output, error) {
		result, err := handler.Handle(ctx, *query)
		if err != nil {
			return nil, err
		}
		// A product has one price at least; only a page after the last one may be empty.
		if len(result.Prices) == 0 && query.Cursor == "" {
			return nil, rest.NewProblem(http.StatusNotFound, "product-not-found", fmt.Sprintf("There is no product %.64q.", query.SKU))
		}
		return &output{Body: show(result, time.Now())}, nil
	})
}

func show(result Result, now time.Time) PriceHistory {
	page := PriceHistory{Prices: make([]wire.ProductPrice, len(result.Prices)), Next: result.Next}
	for i, price := range result.Prices {
		page.Prices[i] = wire.PriceOf(price.PriceFrom, price.Currency, price.Pending && price.From.After(now))
	}
	return page
}
