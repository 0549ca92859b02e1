// Package getrequest shows how far a request on an order has come: a cancellation, a shipment, a
// refund.
package getrequest

import (
	"context"
	"errors"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

// Query names the request.
type Query struct {
	ID      string `path:"id" doc:"The order's id." example:"7b0f3f5e-2f0b-5d6a-9d5b-1f4f0c3a8e21"`
	Request string `path:"request" doc:"The request's id, as Location had it." example:"0d1d6f6e-1a52-5c0e-8f0f-0d6f6a1b2c3d"`
}

// Result is the request with its order; Request is nil when there is none for the caller.
type Result struct {
	Order    *domain.Order
	Request  *domain.Request
	Operator bool
}

// New makes the use case.
func New(orders *store.Orders) cqrs.Handler[Query, Result] {
	return cqrs.Query("get_request", func(ctx context.Context, query Query) (Result, error) {
		caller, ok := auth.FromContext(ctx)
		if !ok {
			return Result{}, errors.New("get a request: it has no caller")
		}
		id, ok := rest.ParseUUID(query.ID)
		request, named := rest.ParseUUID(query.Request)
		if !ok || !named {
			return Result{}, nil
		}
		order, err := orders.Load(ctx, id)
		if err != nil || !view.Visible(order, caller) {
			return Result{}, err
		}
		return Result{Order: order, Request: order.Request(request), Operator: caller.Has(auth.ScopeOperator)}, nil
	})
}
