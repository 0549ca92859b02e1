// Package getproduct shows one product with its stock, from the read side.
package getproduct

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/readside"
	"github.com/ordersaga/ordersaga/services/catalog/internal/wire"
)

// Query asks for the product of a SKU.
type Query struct{ SKU string }

// Answer is the product, when it is found.
type Answer struct {
	Product readside.Product
	Found   bool
}

// Handler answers what the read side knows.
type Handler = cqrs.Handler[Query, Answer]

// New reads from products.
func New(products *readside.Products) Handler {
	return cqrs.Query("get_product", cqrs.HandlerFunc[Query, Answer](func(ctx context.Context, query Query) (Answer, error) {
		product, err := products.Get(ctx, query.SKU)
		if errors.Is(err, readside.ErrNotFound) {
			return Answer{}, nil // an answer, not a failure to log
		}
		return Answer{Product: product, Found: err == nil}, err
	}))
}

type request struct {
	SKU string `path:"sku" doc:"Identifies the product; case matters." example:"MUG-1"`
}

type response struct {
	ETag string `header:"ETag"`
	Body wire.Product
}

// Route serves the query as GET /v1/products/{sku}.
func Route(api *rest.API, handler Handler) {
	rest.Handle(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/products/{sku}", ID: "get-product",
		Summary: "Get a product",
		Description: "The product with the stock that inventory last told of. It follows changes within moments: just after a product was created this can answer 404. " +
			"The ETag changes with the product and with its stock; of a change, `If-Match` compares the product alone.",
		Tags: []string{"products"}, Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *request) (*response, error) {
		answer, err := handler.Handle(ctx, Query{SKU: in.SKU})
		if err != nil {
			return nil, err
		}
		if !answer.Found {
			return nil, rest.NewProblem(http.StatusNotFound, "product-not-found", fmt.Sprintf("There is no product %.64q.", in.SKU))
		}
		return &response{ETag: tag(answer.Product), Body: wire.Read(answer.Product)}, nil
	})
}

// tag is of all that is shown: a reader who has it already must have its stock, too.
func tag(p readside.Product) string {
	if p.Stock == nil {
		return rest.ETag(p.Version)
	}
	return rest.ETag(p.Version, p.Stock.Version)
}
