package getledger

import (
	"context"
	"net/http"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

// Route serves GET /v1/orders/{id}/ledger.
func Route(api *rest.API, orders *store.Orders) {
	handler := New(orders)
	rest.Serve(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/orders/{id}/ledger", ID: "get-order-ledger", Tags: []string{"orders"}, Scope: auth.ScopeOperator,
		Summary:     "Show an order's ledger",
		Description: "Who owes whom of the order and why, to the minor unit, as the order's own events say it. The payment service has the ledger of what the provider did.",
		Errors:      []int{http.StatusNotFound},
	}, func(ctx context.Context, query Query) (Result, error) {
		ledger, err := handler.Handle(ctx, query)
		if err == nil && ledger == nil {
			err = view.NotFound()
		}
		return ledger, err
	})
}
