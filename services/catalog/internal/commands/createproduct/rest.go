package createproduct

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
	"github.com/ordersaga/ordersaga/services/catalog/internal/wire"
)

type input struct {
	Body wire.NewProduct
}

type output struct {
	Status   int
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     wire.Product
}

// Route serves POST /v1/products.
func Route(api *rest.API, db *postgres.DB) {
	handler := New(db)
	rest.Handle(api, rest.Op{
		Method: http.MethodPost, Path: "/v1/products", ID: "create-product",
		Summary: "Create a product",
		Description: "Answers 201 with the product, or 200 when the very same product is there already: it is safe to repeat. " +
			"A SKU that is another product is answered 409. Lists and `GET` follow within moments: until then `GET` answers 404.",
		Tags: []string{"products"}, Scope: auth.ScopeOperator,
		Status: http.StatusCreated, OtherStatuses: []int{http.StatusOK},
		Refusals: map[string]int{ReasonExists: http.StatusConflict, domain.ReasonNoCategory: http.StatusUnprocessableEntity},
	}, func(ctx context.Context, in *input) (*output, error) {
		// What both stores keep of a time, so that this answer and later ones agree.
		product, err := domain.NewProduct(in.Body.Content(), time.Now().UTC().Truncate(time.Millisecond))
		if err != nil {
			return nil, wire.Invalid(wire.Faults("body", err))
		}
		result, err := handler.Handle(ctx, Command{Product: product})
		if err != nil {
			return nil, err
		}
		return answer(result), nil
	})
}

func answer(result Result) *output {
	shown := wire.Stored(result.Product)
	out := &output{Status: http.StatusOK, Location: location(result.Product), ETag: rest.ETag(shown.Version), Body: shown}
	if result.Created {
		out.Status = http.StatusCreated
	}
	return out
}

func location(p *domain.Product) string { return "/v1/products/" + url.PathEscape(p.SKU()) }
