package auditlevels

import (
	"net/http"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
)

// AuditLevel of a SKU.
type AuditLevel struct {
	SKU       string `json:"sku"`
	Available int64  `json:"available" doc:"units that can be sold"`
	Version   int64  `json:"version" doc:"one higher with every change of the SKU's stock"`
}

// Page of levels, in the bytewise order of their SKUs.
type Page struct {
	Levels []AuditLevel `json:"levels" nullable:"false"`
	Next   rest.Cursor  `json:"next_cursor,omitempty" doc:"Asks for the next page; absent on the last one."`
}

// Route serves GET /v1/audit/levels.
func Route(api *rest.API, db *postgres.DB) {
	rest.Serve(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/audit/levels", ID: "audit-levels",
		Summary: "List the levels of all SKUs", Tags: []string{"audit"}, Scope: auth.ScopeOperator,
		Description: "What can be sold of every SKU, page by page.",
	}, New(db).Handle)
}
