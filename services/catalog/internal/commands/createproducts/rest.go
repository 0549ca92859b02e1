package createproducts

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
	"github.com/ordersaga/ordersaga/services/catalog/internal/wire"
)

// maxBody in bytes: MaxProducts with long descriptions fit. Descriptions at their longest do not;
// such products come in smaller portions.
const maxBody = 4 << 20

type input struct {
	Body struct {
		Products []wire.NewProduct `json:"products" nullable:"false" minItems:"1" maxItems:"1000"`
	}
}

type answer struct {
	Products []productOutcome `json:"products" nullable:"false" doc:"In the order of the request."`
}

type productOutcome struct {
	SKU     string  `json:"sku"`
	Outcome Outcome `json:"outcome" enum:"created,unchanged,conflict" doc:"created; unchanged: the very same product was there already; conflict: the SKU is another product, which was left as it is."`
}

// Route serves POST /v1/products/bulk.
func Route(api *rest.API, db *postgres.DB) {
	handler := New(db)
	rest.Serve(api, rest.Op{
		Method: http.MethodPost, Path: "/v1/products/bulk", ID: "create-products",
		Summary: "Create many products",
		Description: "Creates those of up to 1,000 products whose SKUs are new and leaves the others as they are. " +
			"Nothing is created when one of them is not valid. It is safe to repeat.",
		Tags: []string{"products"}, Scope: auth.ScopeOperator,
		MaxBody:  maxBody,
		Refusals: map[string]int{domain.ReasonNoCategory: http.StatusUnprocessableEntity},
	}, func(ctx context.Context, in input) (out answer, err error) {
		products, err := products(in.Body.Products, time.Now().UTC().Truncate(time.Millisecond))
		if err != nil {
			return out, err
		}
		result, err := handler.Handle(ctx, Command{Products: products})
		if err != nil {
			return out, err
		}
		for i, p := range products {
			out.Products = append(out.Products, productOutcome{SKU: p.SKU(), Outcome: result.Outcomes[i]})
		}
		return out, nil
	})
}

// products are the products of a body, or a problem that names all their faults.
func products(wanted []wire.NewProduct, at time.Time) ([]*domain.Product, error) {
	made := make([]*domain.Product, len(wanted))
	var faults []rest.FieldError
	for i, w := range wanted {
		p, err := domain.NewProduct(w.Content(), at)
		if err != nil {
			faults = append(faults, wire.Faults(fmt.Sprintf("body.products[%d]", i), err)...)
		}
		made[i] = p
	}
	if len(faults) > 0 {
		return nil, wire.Invalid(faults)
	}
	return made, nil
}
