// Package getorder shows the current state of an order: the fold of its stream, so that callers
// read their own writes.
package getorder

import (
	"context"
	"errors"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/personal"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

// Query names the order.
type Query struct {
	ID string `path:"id" doc:"The order's id, as Location had it." example:"7b0f3f5e-2f0b-5d6a-9d5b-1f4f0c3a8e21"`
}

// Result is the order as its caller may see it; nil when it does not exist or the caller may not
// see it.
type Result = *view.Order

// New makes the use case.
func New(orders *store.Orders, keys *personal.Keys) cqrs.Handler[Query, Result] {
	return cqrs.Query("get_order", func(ctx context.Context, query Query) (Result, error) {
		caller, ok := auth.FromContext(ctx)
		if !ok {
			return nil, errors.New("get an order: the request has no caller")
		}
		id, ok := rest.ParseUUID(query.ID)
		if !ok {
			return nil, nil
		}
		order, err := orders.Load(ctx, id)
		if err != nil || !view.Visible(order, caller) {
			return nil, err
		}
		data, err := keys.Open(ctx, order)
		if err != nil && !errors.Is(err, personal.ErrErased) {
			return nil, err
		}
		shown := view.Of(order, data, caller.Has(auth.ScopeOperator))
		return &shown, nil
	})
}
