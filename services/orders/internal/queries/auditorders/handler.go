// Package auditorders lists the state of every order for an auditor: the fold of its stream, not a
// read model.
package auditorders

import (
	"context"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

// Query says which orders: some by their ids, or a page of all.
type Query struct {
	Orders []string    `query:"orders" maxItems:"100" doc:"Only these, by id; those that do not exist are left out."`
	Limit  int         `query:"limit" minimum:"1" maximum:"1000" default:"1000" doc:"Orders on a page."`
	Cursor rest.Cursor `query:"cursor" doc:"next_cursor of the page before."`
}

// Result is orders, in the order of their ids.
type Result struct {
	Orders     []*domain.Order
	Unreadable []UnreadableOrder
	Next       rest.Cursor // empty on the last page
}

// position is the last order of a page.
type position struct {
	ID string `json:"id"`
}

const list = "audit-orders"

// New makes the use case.
func New(orders *store.Orders) cqrs.Handler[Query, Result] {
	return cqrs.Query("audit_orders", func(ctx context.Context, query Query) (Result, error) {
		ids, next := rest.UUIDs(query.Orders), rest.Cursor("")
		if len(query.Orders) == 0 {
			var err error
			ids, next, err = rest.Page(ctx, list, query.Cursor, query.Limit,
				func(after position, limit int) ([]string, error) { return orders.IDs(ctx, after.ID, limit) },
				func(id string) position { return position{ID: id} })
			if err != nil {
				return Result{}, err
			}
		}
		histories, unreadable, err := orders.Histories(ctx, ids)
		if err != nil {
			return Result{}, err
		}
		result := Result{Unreadable: []UnreadableOrder{}, Next: next}
		for _, id := range ids {
			if why := unreadable[id]; why != nil {
				result.Unreadable = append(result.Unreadable, UnreadableOrder{ID: id, Reason: why.Error()})
			}
			if history := histories[id]; len(history) > 0 {
				result.Orders = append(result.Orders, store.Fold(id, history))
			}
		}
		return result, nil
	})
}
