// Package getledger shows the ledger of an order: who owes whom, and why.
package getledger

import (
	"context"
	"errors"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

// Query names the order.
type Query struct {
	ID string `path:"id" doc:"The order's id." example:"7b0f3f5e-2f0b-5d6a-9d5b-1f4f0c3a8e21"`
}

// Result is the ledger; nil when the order does not exist or the caller may not see it.
type Result = *view.Ledger

// New makes the use case.
func New(orders *store.Orders) cqrs.Handler[Query, Result] {
	return cqrs.Query("get_ledger", func(ctx context.Context, query Query) (Result, error) {
		caller, ok := auth.FromContext(ctx)
		if !ok {
			return nil, errors.New("get a ledger: the request has no caller")
		}
		id, ok := rest.ParseUUID(query.ID)
		if !ok {
			return nil, nil
		}
		order, err := orders.Load(ctx, id)
		if err != nil || !view.Visible(order, caller) {
			return nil, err
		}
		ledger := view.LedgerOf(order)
		return &ledger, nil
	})
}
