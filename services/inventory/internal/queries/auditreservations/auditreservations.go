// Package auditreservations lists every order's reservation, for an auditor to
// compare with the orders.
package auditreservations

import (
	"context"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/inventory/internal/store"
)

type input struct {
	Orders []string    `query:"orders" maxItems:"100" doc:"Only of these orders, by id; those without a reservation are left out."`
	Limit  int         `query:"limit" minimum:"1" maximum:"1000" default:"1000" doc:"Reservations on a page."`
	Cursor rest.Cursor `query:"cursor" maxLength:"2000" doc:"next of the page before."`
}

// Page of reservations, in the order of their orders' ids.
type Page struct {
	Reservations []Reservation `json:"reservations" nullable:"false"`
	Next         rest.Cursor   `json:"next,omitempty" doc:"Asks for the next page; absent on the last one."`
}

// Reservation of an order.
type Reservation struct {
	OrderID string `json:"order_id" format:"uuid"`
	State   string `json:"state" enum:"held,allocated,shipped,released,expired"`
	Units   int64  `json:"units" doc:"of all its lines"`
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
		found, err := store.ReservationsOf(ctx, db, ids(in.Orders))
		return show(found), err
	}
	var after position
	if in.Cursor != "" {
		var err error
		if after, err = rest.ReadCursor[position](list, in.Cursor); err != nil {
			return Page{}, err
		}
	}
	// One more than is shown tells whether there are more.
	found, err := store.AuditReservations(ctx, db, after.OrderID, in.Limit+1)
	if err != nil || len(found) <= in.Limit {
		return show(found), err
	}
	shown := show(found[:in.Limit])
	shown.Next = rest.NewCursor(list, position{OrderID: found[in.Limit-1].OrderID})
	return shown, nil
}

func show(found []store.Reserved) Page {
	shown := Page{Reservations: make([]Reservation, len(found))}
	for i, reservation := range found {
		shown.Reservations[i] = Reservation(reservation)
	}
	return shown
}

// ids leaves out what cannot be an order's.
func ids(given []string) []string {
	var known []string
	for _, id := range given {
		if uuid.Validate(id) == nil && len(id) == 36 {
			known = append(known, strings.ToLower(id))
		}
	}
	return known
}
