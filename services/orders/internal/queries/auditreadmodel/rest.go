package auditreadmodel

import (
	"net/http"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/readmodel"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

// Page is what was compared: the orders of a page of the log.
type Page struct {
	Compared   int                 `json:"compared" doc:"orders"`
	Behind     int                 `json:"behind" doc:"of these, orders with events that are not projected yet, or that this version cannot read; they are not compared"`
	Mismatches []ReadModelMismatch `json:"mismatches" nullable:"false" doc:"none, when all is well"`
	Next       rest.Cursor         `json:"next_cursor,omitempty" doc:"Asks for the next page; absent on the last one."`
}

// ReadModelMismatch is a document that is not what the log says.
type ReadModelMismatch struct {
	OrderID    string `json:"order_id"`
	Collection string `json:"collection" enum:"orders"`
	Problem    string `json:"problem" example:"status is rejected, the log says confirmed"`
}

// Route serves GET /v1/audit/read-model.
func Route(api *rest.API, orders *store.Orders, log *readmodel.Log) {
	rest.Serve(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/audit/read-model", ID: "audit-read-model",
		Summary: "Audit the read model", Tags: []string{"audit"}, Scope: auth.ScopeOperator,
		Description: "Folds the orders of a page of the log, the newest page first, and compares them with their documents.",
		Timeout:     timeout,
	}, New(orders, log).Handle)
}
