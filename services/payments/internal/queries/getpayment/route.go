package getpayment

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/payments/internal/store"
)

type request struct {
	OrderID string `path:"order_id" format:"uuid" doc:"The order's id."`
}

type response struct {
	Body Payment
}

// Route serves the query as GET /v1/payments/{order_id}.
func Route(api *rest.API, s *store.Store) {
	handler := NewHandler(s)
	rest.Handle(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/payments/{order_id}", ID: "get-payment",
		Summary: "Get an order's payment",
		Description: "The payment with its journal: every step that moved money or was to move it, what the payment provider is known to have done, " +
			"and what is still being found out.",
		Tags: []string{"payments"}, Scope: auth.ScopeOperator, Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *request) (*response, error) {
		payment, err := handler.Handle(ctx, Query{OrderID: strings.ToLower(in.OrderID)})
		if err != nil {
			return nil, err
		}
		if payment == nil {
			return nil, rest.NewProblem(http.StatusNotFound, "payment-not-found", fmt.Sprintf("Nothing was ever asked of the payment provider for order %s.", in.OrderID))
		}
		return &response{Body: represent(payment)}, nil
	})
}
