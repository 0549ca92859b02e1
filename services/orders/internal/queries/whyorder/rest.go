package whyorder

import (
	"context"
	"net/http"

	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/runs"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

type output struct {
	ETag string `header:"ETag" doc:"The order's version."`
	Body view.Why
}

// Route serves GET /v1/orders/{id}/why.
func Route(api *rest.API, orders *store.Orders, all *runs.Runs) {
	handler := New(orders, all)
	rest.Handle(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/orders/{id}/why", ID: "why-order", Tags: []string{"orders"},
		Summary: "Explain an order",
		Description: `What works on the order, what is in the way, and what happens next. Operators see which step failed with which error at which service,
and what they can do about it, each act with its effect. Shoppers see their own orders, without the inside of the shop.`,
		Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, query *Query) (*output, error) {
		why, err := handler.Handle(ctx, *query)
		switch {
		case err != nil:
			return nil, err
		case why == nil:
			return nil, view.NotFound()
		}
		return &output{ETag: rest.ETag(why.Version), Body: *why}, nil
	})
}
