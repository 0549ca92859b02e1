// Package auditreservations lists the reservations of every order, for an auditor to compare with
// the orders.
package auditreservations

import (
	"context"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/each"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/inventory/internal/store"
)

// Query asks for a page of orders, or for some orders by id.
type Query struct {
	Orders []string    `query:"orders" maxItems:"100" doc:"Only of these orders, by id; those that never reserved are left out."`
	Limit  int         `query:"limit" minimum:"1" maximum:"1000" default:"1000" doc:"Orders on a page."`
	Cursor rest.Cursor `query:"cursor" doc:"next_cursor of the page before."`
}

// position is the last order of a page.
type position struct {
	OrderID string `json:"order_id"`
}

// New makes the use case.
func New(db *postgres.DB) cqrs.Handler[Query, Page] {
	return cqrs.Query("audit_reservations", func(ctx context.Context, query Query) (Page, error) {
		if len(query.Orders) > 0 {
			found, err := store.ReservationsOf(ctx, db, rest.UUIDs(query.Orders))
			return Page{Reservations: each.Map(found, shown)}, err
		}
		found, next, err := rest.Page(ctx, "audit-reservations", query.Cursor, query.Limit,
			func(after position, limit int) ([]store.Reserved, error) {
				return store.AuditReservations(ctx, db, after.OrderID, limit)
			},
			func(reserved store.Reserved) position { return position{OrderID: reserved.OrderID} })
		return Page{each.Map(found, shown), next}, err
	})
}

func shown(r store.Reserved) AuditReservation { return AuditReservation(r) }
