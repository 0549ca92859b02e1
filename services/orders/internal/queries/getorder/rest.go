package getorder

import (
	"context"
	"net/http"

	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/personal"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

type output struct {
	ETag string `header:"ETag" doc:"The order's version."`
	Body view.Order
}

// Route serves GET /v1/orders/{id}.
func Route(api *rest.API, orders *store.Orders, keys *personal.Keys) {
	handler := New(orders, keys)
	rest.Handle(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/orders/{id}", ID: "get-order", Tags: []string{"orders"},
		Summary:     "Show an order",
		Description: "Shoppers see their own orders, operators all. What this caller has done before is seen at once.",
		Errors:      []int{http.StatusNotFound},
	}, func(ctx context.Context, query *Query) (*output, error) {
		order, err := handler.Handle(ctx, *query)
		switch {
		case err != nil:
			return nil, err
		case order == nil:
			return nil, view.NotFound()
		}
		return &output{ETag: rest.ETag(order.Version), Body: *order}, nil
	})
}
