package getavailability

import (
	"context"
	"fmt"
	"net/http"

	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/readside"
)

// Availability of a product.
type Availability struct {
	SKU       string `json:"sku" example:"MUG-1"`
	Orderable bool   `json:"orderable" doc:"Whether it is for sale and there are units of it."`
	Active    bool   `json:"active" doc:"Whether it is for sale; false when it is retired."`
	Available int64  `json:"available" doc:"Units that can be ordered, as inventory last told; 0 until it has." example:"40"`
}

// Route serves GET /v1/products/{sku}/availability.
func Route(api *rest.API, products *readside.Products) {
	handler := New(products)
	rest.Serve(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/products/{sku}/availability", ID: "get-availability",
		Summary:     "Get a product's availability",
		Description: "Whether the product can be ordered, and how many units. It follows changes within moments; what is reserved for an order is decided when it is placed.",
		Tags:        []string{"products"}, Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, query Query) (Availability, error) {
		result, err := handler.Handle(ctx, query)
		if err == nil && !result.Found {
			err = rest.NewProblem(http.StatusNotFound, "product-not-found", fmt.Sprintf("There is no product %.64q.", query.SKU))
		}
		return show(result.Product), err
	})
}

func show(p readside.Product) Availability {
	a := Availability{SKU: p.SKU, Active: p.Active}
	if p.Stock != nil {
		a.Available = p.Stock.Available
	}
	a.Orderable = a.Active && a.Available > 0
	return a
}
