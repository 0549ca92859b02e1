package liststuck

import (
	"net/http"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/causes"
)

// Route serves GET /v1/sagas/stuck.
func Route(api *rest.API, finder causes.Finder) {
	rest.Serve(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/sagas/stuck", ID: "list-stuck", Tags: []string{"sagas"}, Scope: auth.ScopeOperator,
		Summary:     "List orders whose sagas need an operator",
		Description: "Of one cause or of all. POST /v1/orders/{id}/acts acts on one of them.",
	}, New(finder).Handle)
}
