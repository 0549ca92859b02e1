package auditprovider

import (
	"net/http"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider"
	"github.com/ordersaga/ordersaga/services/payments/internal/store"
)

// Page of the payment provider's list, in the order of its records' last changes.
type Page struct {
	Listed      bool                 `json:"listed" doc:"whether the payment provider has a list, and was asked for it"`
	Records     int                  `json:"records" doc:"Authorizations, captures, refunds and disputes on this page."`
	Differences []ProviderDifference `json:"differences" nullable:"false" doc:"Records that are not in the journal as the provider has them."`
	Next        rest.Cursor          `json:"next_cursor,omitempty" doc:"Asks for the next page; absent on the last one."`
}

// ProviderDifference is one record that the journal has otherwise.
type ProviderDifference struct {
	OrderID   string `json:"order_id" doc:"What the payment provider names as the order."`
	Reference string `json:"reference" doc:"The payment provider's name of the record."`
	Problem   string `json:"problem"`
}

// Route serves GET /v1/audit/provider. Lists are the provider's; nil when it has none.
func Route(api *rest.API, s *store.Store, lists provider.Lists) {
	rest.Serve(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/audit/provider", ID: "audit-provider",
		Summary:     "Audit the payment provider's list",
		Description: "The payment provider's own list, page by page, with what the journal has otherwise or not at all.",
		Tags:        []string{"audit"}, Scope: auth.ScopeOperator,
	}, New(s, lists).Handle)
}
