// Package whyorder explains an order: what works on it, what is in the way, what happens next, and
// what an operator can do. It joins the order's stream with what Temporal knows of its run.
package whyorder

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/runs"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

// Query says which order.
type Query struct {
	ID string `path:"id" doc:"The order's id." example:"7b0f3f5e-2f0b-5d6a-9d5b-1f4f0c3a8e21"`
}

// Result is nil when the order does not exist or the caller may not see it.
type Result = *view.Why

// lookTimeout bounds the questions to Temporal: the rest of the answer does not need it.
const lookTimeout = 5 * time.Second

// New makes the use case. Shoppers get a harmless form without the inside of the shop.
func New(orders *store.Orders, all *runs.Runs) cqrs.Handler[Query, Result] {
	return cqrs.Query("why_order", func(ctx context.Context, query Query) (Result, error) {
		caller, ok := auth.FromContext(ctx)
		if !ok {
			return nil, errors.New("explain an order: the request has no caller")
		}
		id, ok := rest.ParseUUID(query.ID)
		if !ok {
			return nil, nil
		}
		order, err := orders.Load(ctx, id)
		if err != nil || !view.Visible(order, caller) {
			return nil, err
		}
		if !caller.Has(auth.ScopeOperator) {
			return view.Harmless(order), nil
		}
		if order.Saga() == nil {
			return view.Explain(order, nil, runs.Polled{}), nil
		}
		run, polled := look(ctx, all, id)
		return view.Explain(order, run, polled), nil
	})
}

// look asks Temporal for the run; nil when it does not answer.
func look(ctx context.Context, all *runs.Runs, orderID string) (*runs.Run, runs.Polled) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	run, err := all.Look(ctx, orderID)
	var polled runs.Polled
	if err == nil {
		polled, err = all.Polled(ctx)
	}
	if err != nil {
		slog.WarnContext(ctx, "an order is explained without its run", "order_id", orderID, "error", err)
		return nil, polled
	}
	return &run, polled
}
