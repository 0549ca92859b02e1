package listcauses

import (
	"net/http"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/causes"
)

// Route serves GET /v1/sagas/causes.
func Route(api *rest.API, finder causes.Finder) {
	rest.Serve(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/sagas/causes", ID: "list-causes", Tags: []string{"sagas"}, Scope: auth.ScopeOperator,
		Summary: "List what is in the way of sagas",
		Description: `Sagas that are stuck, by saga, step and kind of error. Also those that cannot report their trouble: without a run in Temporal, paused there,
with a workflow task that fails again and again, or with no worker of their build. The cause with the most orders comes first.`,
	}, New(finder).Handle)
}
