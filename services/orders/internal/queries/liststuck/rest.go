package liststuck

import (
	"context"
	"net/http"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/causes"
)

type output struct{ Body Result }

// Route serves GET /v1/sagas/stuck.
func Route(api *rest.API, finder causes.Finder) {
	handler := New(finder)
	rest.Handle(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/sagas/stuck", ID: "list-stuck", Tags: []string{"sagas"}, Scope: auth.ScopeOperator,
		Summary:     "List orders whose sagas need an operator",
		Description: "Of one cause or of all. POST /v1/orders/{id}/acts acts on one of them.",
	}, func(ctx context.Context, query *Query) (*output, error) {
		result, err := handler.Handle(ctx, *query)
		if err != nil {
			return nil, err
		}
		return &output{Body: result}, nil
	})
}
