package getcancellation

import (
	"context"
	"net/http"

	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

type output struct{ Body view.Cancellation }

// Route serves GET /v1/orders/{id}/cancellations/{cancellation}.
func Route(api *rest.API, orders *store.Orders) {
	handler := New(orders)
	rest.Handle(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/orders/{id}/cancellations/{cancellation}", ID: "get-cancellation", Tags: []string{"orders"},
		Summary:     "Show a cancellation",
		Description: "What was asked for, and what became of it.",
		Errors:      []int{http.StatusNotFound},
	}, func(ctx context.Context, query *Query) (*output, error) {
		found, err := handler.Handle(ctx, *query)
		switch {
		case err != nil:
			return nil, err
		case found == nil:
			return nil, rest.NewProblem(http.StatusNotFound, "cancellation-not-found", "There is no such cancellation, or the order is not yours.")
		}
		return &output{Body: *found}, nil
	})
}
