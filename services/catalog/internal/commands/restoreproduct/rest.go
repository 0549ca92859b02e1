package restoreproduct

import (
	"context"
	"net/http"
	"time"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/change"
	"github.com/ordersaga/ordersaga/services/catalog/internal/wire"
)

type input struct {
	SKU     string `path:"sku" doc:"Identifies the product; case matters." example:"MUG-1"`
	IfMatch string `header:"If-Match" doc:"The version that you have seen: the ETag of the product; or several, or * for whichever is current. Required (428)." example:"\"1\""`
}

type output struct {
	ETag string `header:"ETag"`
	Body wire.Product
}

// Route serves DELETE /v1/products/{sku}/retirement.
func Route(api *rest.API, db *postgres.DB, announced func()) {
	handler := New(db, announced)
	rest.Handle(api, rest.Op{
		Method: http.MethodDelete, Path: "/v1/products/{sku}/retirement", ID: "restore-product",
		Summary: "Restore a retired product",
		Description: "The product is for sale again, at the price that holds now. " +
			"It is safe to repeat. Lists and `GET` follow within moments.",
		Tags: []string{"products"}, Scope: auth.ScopeOperator, Status: http.StatusOK,
		Errors: []int{http.StatusPreconditionRequired},
		Refusals: map[string]int{
			change.ReasonNotFound: http.StatusNotFound, change.ReasonStale: http.StatusPreconditionFailed,
		},
	}, func(ctx context.Context, in *input) (*output, error) {
		seen, err := rest.IfMatch(in.IfMatch)
		if err != nil {
			return nil, err
		}
		result, err := handler.Handle(ctx, Command{SKU: in.SKU, Seen: seen, At: time.Now().UTC().Truncate(time.Millisecond)})
		if err != nil {
			return nil, err
		}
		shown := wire.Stored(result.Product)
		return &output{ETag: rest.ETag(shown.Version), Body: shown}, nil
	})
}
