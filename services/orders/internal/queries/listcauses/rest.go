package listcauses

import (
	"context"
	"net/http"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/causes"
)

type output struct{ Body Result }

// Route serves GET /v1/sagas/causes.
func Route(api *rest.API, finder causes.Finder) {
	handler := New(finder)
	rest.Handle(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/sagas/causes", ID: "list-causes", Tags: []string{"sagas"}, Scope: auth.ScopeOperator,
		Summary: "List what is in the way of sagas",
		Description: `Sagas that are stuck, by saga, step and kind of error. Also those that cannot report their trouble: without a run in Temporal, paused there,
with a workflow task that fails again and again, or with no worker of their build. The cause with the most orders comes first.`,
	}, func(ctx context.Context, query *Query) (*output, error) {
		result, err := handler.Handle(ctx, *query)
		if err != nil {
			return nil, err
		}
		return &output{Body: result}, nil
	})
}
