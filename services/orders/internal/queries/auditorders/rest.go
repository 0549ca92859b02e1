package auditorders

import (
	"context"
	"net/http"
	"time"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/each"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

// Page of orders, in the order of their ids.
type Page struct {
	Orders []AuditOrder `json:"orders" nullable:"false"`
	// Unreadable are the orders that this version of the service cannot read.
	Unreadable []UnreadableOrder `json:"unreadable" nullable:"false" doc:"Those that a newer version has changed, and this version cannot read."`
	Next       rest.Cursor       `json:"next_cursor,omitempty" doc:"Asks for the next page; absent on the last one."`
}

// UnreadableOrder is an order whose events this version does not all know.
type UnreadableOrder struct {
	ID     string `json:"id" format:"uuid"`
	Reason string `json:"reason"`
}

// AuditOrder as it is now.
type AuditOrder struct {
	ID            string      `json:"id" format:"uuid"`
	Status        string      `json:"status" enum:"none,placed,confirmed,rejected,cancelled" doc:"none and placed: the saga that places it is not at its end."`
	PaymentStatus string      `json:"payment_status" enum:"none,authorized,voided,partly_captured,captured,partly_refunded,refunded"`
	Total         view.Money  `json:"total"`
	Units         int64       `json:"units" doc:"the sum of its lines' quantities, less what was cancelled"`
	Shipped       int64       `json:"shipped" doc:"of the units, those that were shipped"`
	Open          int64       `json:"open" doc:"authorized, and neither captured nor voided, in minor units"`
	Captured      int64       `json:"captured" doc:"in minor units"`
	Refunded      int64       `json:"refunded" doc:"in minor units"`
	Fees          int64       `json:"fees" doc:"kept of the amounts of cancelled units, in minor units"`
	Owed          int64       `json:"owed" doc:"to the shopper, of refunds that failed, in minor units"`
	ToShip        int64       `json:"to_ship" doc:"the amount of what is neither shipped nor cancelled, in minor units"`
	Prepaid       int64       `json:"prepaid" doc:"captured for it, in minor units"`
	Holds         []view.Hold `json:"holds" nullable:"false" doc:"why nothing of it is shipped now"`
	PlacedAt      *time.Time  `json:"placed_at,omitempty"`
	OpenSaga      string      `json:"open_saga,omitempty" doc:"the kind of the saga that works on it" example:"place-order"`
	Stuck         *view.Stuck `json:"stuck,omitempty" doc:"why its saga does not come to its end, when it says so"`
}

// Route serves GET /v1/audit/orders.
func Route(api *rest.API, orders *store.Orders) {
	handler := New(orders)
	rest.Serve(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/audit/orders", ID: "audit-orders",
		Summary: "Audit the orders", Tags: []string{"audit"}, Scope: auth.ScopeOperator,
		Description: "What every order is by the log, page by page. Orders that are placed meanwhile may be left out.",
	}, func(ctx context.Context, query Query) (Page, error) {
		result, err := handler.Handle(ctx, query)
		return Page{each.Map(result.Orders, audited), result.Unreadable, result.Next}, err
	})
}

func audited(o *domain.Order) AuditOrder {
	shown := AuditOrder{
		ID: o.ID(), Status: string(o.Status()), PaymentStatus: string(o.Payment()), Total: view.Money(o.Total()),
	}
	shown.Open, shown.Captured, shown.Refunded = o.Open().Amount, o.Captured().Amount, o.Refunded().Amount
	shown.Fees, shown.ToShip, shown.Prepaid, shown.Holds = o.Fees().Amount, o.ToShip().Amount, o.Prepaid().Amount, view.HoldsOf(o)
	for _, debt := range o.Debts() {
		shown.Owed += debt
	}
	for _, line := range o.Lines() {
		shown.Units += line.Quantity
	}
	for _, shipped := range o.ShippedUnits() {
		shown.Shipped += shipped
	}
	for _, cancelled := range o.CancelledUnits() {
		shown.Units -= cancelled
	}
	if o.Placed() {
		at := o.PlacedAt()
		shown.PlacedAt = &at
	}
	if saga := o.Saga(); saga != nil {
		shown.OpenSaga = saga.Kind
	}
	shown.Stuck = view.StuckOf(o)
	return shown
}
