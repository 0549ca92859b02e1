package withdrawprice

import (
	"context"
	"net/http"
	"time"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/change"
)

type input struct {
	SKU  string    `path:"sku" doc:"Identifies the product; case matters." example:"MUG-1"`
	From time.Time `path:"from" doc:"The time from which the price would hold." example:"2026-12-01T00:00:00Z"`
}

// Route serves DELETE /v1/products/{sku}/prices/{from}.
func Route(api *rest.API, db *postgres.DB) {
	handler := New(db)
	rest.Handle(api, rest.Op{
		Method: http.MethodDelete, Path: "/v1/products/{sku}/prices/{from}", ID: "withdraw-price",
		Summary:     "Withdraw a scheduled price",
		Description: "The price before it goes on to hold. A price that has taken effect stays in the history (404).",
		Tags:        []string{"products"}, Scope: auth.ScopeOperator,
		Refusals: map[string]int{change.ReasonNotFound: http.StatusNotFound, ReasonNotScheduled: http.StatusNotFound},
	}, func(ctx context.Context, in *input) (*struct{}, error) {
		_, err := handler.Handle(ctx, Command{SKU: in.SKU, From: in.From.UTC()})
		return nil, err
	})
}
