// Package getcancellation shows how far the cancellation of an order, or of units of it, has come.
package getcancellation

import (
	"context"
	"errors"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

// Query names the cancellation.
type Query struct {
	ID           string `path:"id" doc:"The order's id." example:"7b0f3f5e-2f0b-5d6a-9d5b-1f4f0c3a8e21"`
	Cancellation string `path:"cancellation" doc:"The cancellation's id, as Location had it." example:"0d1d6f6e-1a52-5c0e-8f0f-0d6f6a1b2c3d"`
}

// Result is the cancellation as its caller may see it, nil when there is none for the caller.
type Result = *view.Cancellation

// New makes the use case.
func New(orders *store.Orders) cqrs.Handler[Query, Result] {
	return cqrs.Query("get_cancellation", func(ctx context.Context, query Query) (Result, error) {
		caller, ok := auth.FromContext(ctx)
		if !ok {
			return nil, errors.New("get a cancellation: the request has no caller")
		}
		id, ok := rest.ParseUUID(query.ID)
		cancellation, named := rest.ParseUUID(query.Cancellation)
		if !ok || !named {
			return nil, nil
		}
		order, err := orders.Load(ctx, id)
		if err != nil || !view.Visible(order, caller) {
			return nil, err
		}
		return view.CancellationOf(order, cancellation, caller.Has(auth.ScopeOperator)), nil
	})
}
