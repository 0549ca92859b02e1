// Package auditorders tells an auditor what every order is, by the log: the fold
// of its stream, not what a list says.
package auditorders

import (
	"context"
	"net/http"
	"time"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

type input struct {
	Orders []string    `query:"orders" maxItems:"100" doc:"Only these, by id; those that do not exist are left out."`
	Limit  int         `query:"limit" minimum:"1" maximum:"1000" default:"1000" doc:"Orders on a page."`
	Cursor rest.Cursor `query:"cursor" doc:"next_cursor of the page before."`
}

// Page of orders, in the order of their ids.
type Page struct {
	Orders []Order `json:"orders" nullable:"false"`
	// Unreadable are the orders that this version of the service cannot read.
	Unreadable []Unreadable `json:"unreadable" nullable:"false" doc:"Those that a newer version has changed, and this version cannot read."`
	Next       rest.Cursor  `json:"next_cursor,omitempty" doc:"Asks for the next page; absent on the last one."`
}

// Unreadable is an order whose events this version does not all know.
type Unreadable struct {
	ID     string `json:"id" format:"uuid"`
	Reason string `json:"reason"`
}

// Order as it is now.
type Order struct {
	ID            string      `json:"id" format:"uuid"`
	Status        string      `json:"status" enum:"none,placed,confirmed,rejected,cancelled" doc:"none and placed: the saga that places it is not at its end."`
	PaymentStatus string      `json:"payment_status" enum:"none,authorized,voided"`
	Total         view.Money  `json:"total"`
	Units         int64       `json:"units" doc:"the sum of its lines' quantities"`
	PlacedAt      *time.Time  `json:"placed_at,omitempty"`
	OpenSaga      string      `json:"open_saga,omitempty" doc:"the kind of the saga that works on it" example:"place-order"`
	Stuck         *view.Stuck `json:"stuck,omitempty" doc:"why its saga does not come to its end, when it says so"`
}

type output struct{ Body Page }

// position is the last order of a page.
type position struct {
	ID string `json:"id"`
}

const list = "audit-orders"

// Route adds GET /v1/audit/orders to the API.
func Route(api *rest.API, orders *store.Orders) {
	handler := cqrs.Query("audit_orders", cqrs.HandlerFunc[input, Page](func(ctx context.Context, in input) (Page, error) {
		if len(in.Orders) > 0 {
			return show(ctx, orders, rest.UUIDs(in.Orders))
		}
		return next(ctx, orders, in)
	}))
	rest.Handle(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/audit/orders", ID: "audit-orders",
		Summary: "Audit the orders", Tags: []string{"audit"}, Scope: auth.ScopeOperator,
		Description: "What every order is by the log, page by page. Orders that are placed meanwhile may be left out.",
	}, func(ctx context.Context, in *input) (*output, error) {
		page, err := handler.Handle(ctx, *in)
		if err != nil {
			return nil, err
		}
		return &output{Body: page}, nil
	})
}

func next(ctx context.Context, orders *store.Orders, in input) (Page, error) {
	ids, next, err := rest.Page(ctx, list, in.Cursor, in.Limit,
		func(after position, limit int) ([]string, error) { return orders.IDs(ctx, after.ID, limit) },
		func(id string) position { return position{ID: id} })
	if err != nil {
		return Page{}, err
	}
	page, err := show(ctx, orders, ids)
	page.Next = next
	return page, err
}

func show(ctx context.Context, orders *store.Orders, ids []string) (Page, error) {
	page := Page{Orders: make([]Order, 0, len(ids)), Unreadable: []Unreadable{}}
	histories, unreadable, err := orders.Histories(ctx, ids)
	if err != nil {
		return Page{}, err
	}
	for _, id := range ids {
		if why := unreadable[id]; why != nil {
			page.Unreadable = append(page.Unreadable, Unreadable{ID: id, Reason: why.Error()})
		}
		if history := histories[id]; len(history) > 0 {
			page.Orders = append(page.Orders, audited(store.Fold(id, history)))
		}
	}
	return page, nil
}

func audited(o *domain.Order) Order {
	shown := Order{
		ID: o.ID(), Status: string(o.Status()), PaymentStatus: string(o.Payment()), Total: view.Money(o.Total()),
	}
	for _, line := range o.Lines() {
		shown.Units += line.Quantity
	}
	if o.Placed() {
		at := o.PlacedAt()
		shown.PlacedAt = &at
	}
	if saga := o.Saga(); saga != nil {
		shown.OpenSaga = saga.Kind
	}
	shown.Stuck = view.Of(o, true).Stuck
	return shown
}
