package changeproduct

import (
	"context"
	"net/http"
	"time"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/change"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
	"github.com/ordersaga/ordersaga/services/catalog/internal/wire"
)

type input struct {
	SKU     string `path:"sku" doc:"Identifies the product; case matters." example:"MUG-1"`
	IfMatch string `header:"If-Match" doc:"The version that you have seen: the ETag of the product; or several, or * for whichever is current. Required (428)." example:"\"1\""`
	Body    wire.ProductDetails
}

type output struct {
	ETag string `header:"ETag"`
	Body wire.Product
}

// Route serves PUT /v1/products/{sku}.
func Route(api *rest.API, db *postgres.DB) {
	handler := New(db)
	rest.Handle(api, rest.Op{
		Method: http.MethodPut, Path: "/v1/products/{sku}", ID: "change-product",
		Summary: "Change the details of a product",
		Description: "Says them anew: name, description, categories and images; of these the lists that are left out stay as they are. Price, and whether it is for sale, have operations of their own. " +
			"`If-Match` has the ETag that you have seen: when somebody else changed the product since, the answer is 412. " +
			"A product that is so already is answered 200 in the version it has, so a change is safe to repeat. " +
			"Lists and `GET` follow within moments.",
		Tags: []string{"products"}, Scope: auth.ScopeOperator,
		Errors: []int{http.StatusPreconditionRequired},
		Refusals: map[string]int{
			change.ReasonNotFound: http.StatusNotFound, change.ReasonStale: http.StatusPreconditionFailed,
			domain.ReasonNoCategory: http.StatusUnprocessableEntity,
		},
	}, func(ctx context.Context, in *input) (*output, error) {
		seen, err := rest.IfMatch(in.IfMatch)
		if err != nil {
			return nil, err
		}
		details, err := domain.NewDetails(in.Body.Content())
		if err != nil {
			return nil, wire.Invalid(wire.Faults("body", err))
		}
		result, err := handler.Handle(ctx, Command{
			SKU: in.SKU, Details: details, Seen: seen,
			// What both stores keep of a time, so that this answer and later ones agree.
			At: time.Now().UTC().Truncate(time.Millisecond),
		})
		if err != nil {
			return nil, err
		}
		shown := wire.Stored(result.Product)
		return &output{ETag: rest.ETag(shown.Version), Body: shown}, nil
	})
}
