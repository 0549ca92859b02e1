package getproduct

import (
	"context"
	"fmt"
	"net/http"

	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/readside"
	"github.com/ordersaga/ordersaga/services/catalog/internal/wire"
)

type output struct {
	ETag string `header:"ETag"`
	Body wire.Product
}

// Route serves GET /v1/products/{sku}.
func Route(api *rest.API, products *readside.Products) {
	handler := New(products)
	rest.Handle(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/products/{sku}", ID: "get-product",
		Summary: "Get a product",
		Description: "The product with the stock as inventory last published it. It follows changes within moments: just after a product was created this can answer 404. " +
			"The ETag changes with the product and with its stock; of a change, `If-Match` compares the product alone.",
		Tags: []string{"products"}, Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, query *Query) (*output, error) {
		result, err := handler.Handle(ctx, *query)
		if err != nil {
			return nil, err
		}
		if !result.Found {
			return nil, rest.NewProblem(http.StatusNotFound, "product-not-found", fmt.Sprintf("There is no product %.64q.", query.SKU))
		}
		return &output{ETag: tag(result.Product), Body: wire.Read(result.Product)}, nil
	})
}

// tag is of all that is shown: a reader who has it already must have its stock, too.
func tag(p readside.Product) string {
	if p.Stock == nil {
		return rest.ETag(p.Version)
	}
	return rest.ETag(p.Version, p.Stock.Version)
}
