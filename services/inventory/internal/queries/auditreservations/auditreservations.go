// Package auditreservations lists what every order has of the stock, for an auditor to compare
// with the orders.
package auditreservations

import (
	"context"
	"net/http"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/inventory/internal/store"
)

type input struct {
	Orders []string    `query:"orders" maxItems:"100" doc:"Only of these orders, by id; those that never reserved are left out."`
	Limit  int         `query:"limit" minimum:"1" maximum:"1000" default:"1000" doc:"Orders on a page."`
	Cursor rest.Cursor `query:"cursor" doc:"next_cursor of the page before."`
}

// Page of reservations, one an order, in the order of their ids.
type Page struct {
	Reservations []Reservation `json:"reservations" nullable:"false"`
	Next         rest.Cursor   `json:"next_cursor,omitempty" doc:"Asks for the next page; absent on the last one."`
}

// Reservation is what an order has reserved, in units of all its lines.
type Reservation struct {
	OrderID   string `json:"order_id" format:"uuid"`
	Held      int64  `json:"held" doc:"until the hold runs out"`
	Allocated int64  `json:"allocated" doc:"for good"`
	Shipped   int64  `json:"shipped" doc:"left"`
	Released  int64  `json:"released" doc:"given back by a saga"`
	Expired   int64  `json:"expired" doc:"given back when the hold ran out"`
}

type output struct{ Body Page }

// position is the last order of a page.
type position struct {
	OrderID string `json:"order_id"`
}

const list = "audit-reservations"

// Route serves GET /v1/audit/reservations.
func Route(api *rest.API, db *postgres.DB) {
	handler := cqrs.Query("audit_reservations", cqrs.HandlerFunc[input, Page](func(ctx context.Context, in input) (Page, error) {
		return page(ctx, db, in)
	}))
	rest.Handle(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/audit/reservations", ID: "audit-reservations",
		Summary: "Audit the reservations", Tags: []string{"audit"}, Scope: auth.ScopeOperator,
		Description: "What every order has of the stock, page by page.",
	}, func(ctx context.Context, in *input) (*output, error) {
		reservations, err := handler.Handle(ctx, *in)
		if err != nil {
			return nil, err
		}
		return &output{Body: reservations}, nil
	})
}

func page(ctx context.Context, db *postgres.DB, in input) (Page, error) {
	if len(in.Orders) > 0 {
		found, err := store.ReservationsOf(ctx, db, rest.UUIDs(in.Orders))
		return show(found, ""), err
	}
	found, next, err := rest.Page(ctx, list, in.Cursor, in.Limit,
		func(after position, limit int) ([]store.Reserved, error) {
			return store.AuditReservations(ctx, db, after.OrderID, limit)
		},
		func(reservation store.Reserved) position { return position{OrderID: reservation.OrderID} })
	return show(found, next), err
}

func show(found []store.Reserved, next rest.Cursor) Page {
	shown := Page{Reservations: make([]Reservation, len(found)), Next: next}
	for i, reservation := range found {
		shown.Reservations[i] = Reservation(reservation)
	}
	return shown
}
