// Package gettimeline lists the events of an order with their times.
package gettimeline

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
	ID string `path:"id" doc:"The order's id."`
}

// Result is the order's history as its caller may see it. Version is that of the order; 0 when it
// does not exist or the caller may not see it.
type Result struct {
	OrderID  string
	Version  int64
	History  []store.Recorded
	Operator bool // the caller is one
}

// New makes the use case.
func New(orders *store.Orders) cqrs.Handler[Query, Result] {
	return cqrs.Query("get_timeline", func(ctx context.Context, query Query) (Result, error) {
		caller, ok := auth.FromContext(ctx)
		if !ok {
			return Result{}, errors.New("get a timeline: the request has no caller")
		}
		id, ok := rest.ParseUUID(query.ID)
		if !ok {
			return Result{}, nil
		}
		history, err := orders.History(ctx, id)
		if err != nil || !view.Visible(store.Fold(id, history), caller) {
			return Result{}, err
		}
		return Result{OrderID: id, Version: int64(len(history)), History: history, Operator: caller.Has(auth.ScopeOperator)}, nil
	})
}
