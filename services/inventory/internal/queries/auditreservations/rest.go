package auditreservations

import (
	"net/http"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
)

// AuditReservation is what an order has reserved, in units of all its lines.
type AuditReservation struct {
	OrderID   string `json:"order_id" format:"uuid"`
	Held      int64  `json:"held" doc:"until the hold runs out"`
	Allocated int64  `json:"allocated" doc:"for good"`
	Shipped   int64  `json:"shipped" doc:"left"`
	Released  int64  `json:"released" doc:"given back by a saga"`
	Expired   int64  `json:"expired" doc:"given back when the hold ran out"`
}

// Page of reservations, one an order, in the order of their ids.
type Page struct {
	Reservations []AuditReservation `json:"reservations" nullable:"false"`
	Next         rest.Cursor        `json:"next_cursor,omitempty" doc:"Asks for the next page; absent on the last one."`
}

// Route serves GET /v1/audit/reservations.
func Route(api *rest.API, db *postgres.DB) {
	rest.Serve(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/audit/reservations", ID: "audit-reservations",
		Summary: "Audit the reservations", Tags: []string{"audit"}, Scope: auth.ScopeOperator,
		Description: "What every order has of the stock, page by page.",
	}, New(db).Handle)
}
