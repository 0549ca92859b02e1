package resumesagas

import (
	"net/http"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/opensagas"
	"github.com/ordersaga/ordersaga/services/orders/internal/runs"
)

// Route serves POST /v1/sagas/resumptions.
func Route(api *rest.API, list *opensagas.Sagas, all *runs.Runs) {
	rest.Serve(api, rest.Op{
		Method: http.MethodPost, Path: "/v1/sagas/resumptions", ID: "resume-sagas", Tags: []string{"sagas"}, Scope: auth.ScopeOperator,
		Summary: "Start what is missing after Temporal has lost runs",
		Description: `Looks at a page of the open sagas, the oldest first, and starts a run for each that has none. The sweep does the same by itself, while Temporal
has its schedule. It may be repeated; a saga with a run is left alone.`,
	}, New(list, all).Handle)
}
