// Package getorder shows one order as it is now: the fold of its stream, so that
// whoever has changed an order reads the change.
package getorder

import (
	"context"
	"errors"
	"net/http"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

type input struct {
	ID string `path:"id" doc:"The order's id, as Location had it." example:"7b0f3f5e-2f0b-5d6a-9d5b-1f4f0c3a8e21"`
}

type output struct {
	ETag string `header:"ETag" doc:"The order's version."`
	Body view.Order
}

// Route adds GET /v1/orders/{id} to the API.
func Route(api *rest.API, orders *store.Orders) {
	query := cqrs.Query("get_order", cqrs.HandlerFunc[input, *output](func(ctx context.Context, in input) (*output, error) {
		return get(ctx, orders, in.ID)
	}))
	rest.Handle(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/orders/{id}", ID: "get-order", Tags: []string{"orders"},
		Summary:     "Show an order",
		Description: "Shoppers see their own orders, operators all. What this caller has done before is seen at once.",
		Errors:      []int{http.StatusNotFound},
	}, func(ctx context.Context, in *input) (*output, error) {
		out, err := query.Handle(ctx, *in)
		if err == nil && out == nil {
			err = view.NotFound()
		}
		return out, err
	})
}

// get answers nil when there is no order for the caller.
func get(ctx context.Context, orders *store.Orders, given string) (*output, error) {
	caller, ok := auth.FromContext(ctx)
	if !ok {
		return nil, errors.New("get an order: the caller is not known")
	}
	id, ok := rest.ParseUUID(given)
	if !ok {
		return nil, nil
	}
	order, err := orders.Load(ctx, id)
	if err != nil {
		return nil, err
	}
	if !view.Visible(order, caller) {
		return nil, nil
	}
	return &output{ETag: rest.ETag(order.Version()), Body: view.Of(order, caller.Has(auth.ScopeOperator))}, nil
}
