package retireproduct

import (
	"context"
	"net/http"
	"time"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/cqrs"
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

// Routes serves POST and DELETE /v1/products/{sku}/retirement.
func Routes(api *rest.API, db *postgres.DB) {
	handler := New(db)
	serve(api, handler, true, rest.Op{
		Method: http.MethodPost, ID: "retire-product",
		Summary:     "Retire a product",
		Description: "The product is not for sale any more: new orders of it are refused, orders that were placed stay. It can still be read, with `active` false.",
	})
	serve(api, handler, false, rest.Op{
		Method: http.MethodDelete, ID: "restore-product",
		Summary:     "Restore a retired product",
		Description: "The product is for sale again, at the price that holds now.",
	})
}

func serve(api *rest.API, handler cqrs.Handler[Command, Result], retired bool, op rest.Op) {
	op.Path = "/v1/products/{sku}/retirement"
	op.Description += " It is safe to repeat. Lists and `GET` follow within moments."
	op.Tags, op.Scope, op.Status = []string{"products"}, auth.ScopeOperator, http.StatusOK
	op.Errors = []int{http.StatusPreconditionRequired}
	op.Refusals = map[string]int{
		change.ReasonNotFound: http.StatusNotFound, change.ReasonStale: http.StatusPreconditionFailed,
	}
	rest.Handle(api, op, func(ctx context.Context, in *input) (*output, error) {
		seen, err := rest.IfMatch(in.IfMatch)
		if err != nil {
			return nil, err
		}
		result, err := handler.Handle(ctx, Command{SKU: in.SKU, Retired: retired, Seen: seen, At: time.Now().UTC().Truncate(time.Millisecond)})
		if err != nil {
			return nil, err
		}
		shown := wire.Stored(result.Product)
		return &output{ETag: rest.ETag(shown.Version), Body: shown}, nil
	})
}
