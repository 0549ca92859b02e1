// Package previewrequest returns the effect of a request on an order without doing it: a
// cancellation, a shipment, a refund.
package previewrequest

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

// Query is a possible request.
type Query struct {
	ID string
	// Plan plans it for the caller; it may refuse.
	Plan func(o *domain.Order, by string) error
}

// Result is the order; nil when it does not exist or the caller may not see it.
type Result = *domain.Order

// New makes the use case. It refuses with the reasons of Plan.
func New(orders *store.Orders) cqrs.Handler[Query, Result] {
	return cqrs.Query("preview_request", func(ctx context.Context, query Query) (Result, error) {
		caller, ok := auth.FromContext(ctx)
		if !ok {
			return nil, errors.New("preview a request: it has no caller")
		}
		id, ok := rest.ParseUUID(query.ID)
		if !ok {
			return nil, nil
		}
		order, err := orders.Load(ctx, id)
		if err != nil || !view.Visible(order, caller) {
			return nil, err
		}
		return order, query.Plan(order, caller.Subject)
	})
}
