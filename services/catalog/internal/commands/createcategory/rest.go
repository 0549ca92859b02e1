package createcategory

import (
	"context"
	"net/http"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
	"github.com/ordersaga/ordersaga/services/catalog/internal/wire"
)

type input struct{ Body wire.NewCategory }

type output struct {
	Status int
	ETag   string `header:"ETag"`
	Body   wire.Category
}

// Route serves POST /v1/categories.
func Route(api *rest.API, db *postgres.DB) {
	handler := New(db)
	rest.Handle(api, rest.Op{
		Method: http.MethodPost, Path: "/v1/categories", ID: "create-category",
		Summary: "Create a category",
		Description: "Adds a category to the tree, at the top or in another one. It is answered 201, or 200 when the very same category is there already: it is safe to repeat. " +
			"A tree has at most 5,000 categories, at most 10 on a path.",
		Tags: []string{"categories"}, Scope: auth.ScopeOperator,
		Status: http.StatusCreated, OtherStatuses: []int{http.StatusOK},
		Refusals: map[string]int{
			ReasonExists: http.StatusConflict, ReasonTooMany: http.StatusConflict,
			domain.ReasonNoParent: http.StatusUnprocessableEntity, domain.ReasonTooDeep: http.StatusUnprocessableEntity,
		},
	}, func(ctx context.Context, in *input) (*output, error) {
		category, err := domain.NewCategory(in.Body.ID, in.Body.Name, in.Body.Parent)
		if err != nil {
			return nil, wire.Invalid(wire.Faults("body", err))
		}
		result, err := handler.Handle(ctx, Command{Category: category})
		if err != nil {
			return nil, err
		}
		out := &output{Status: http.StatusOK, ETag: rest.ETag(result.Category.Version), Body: wire.ShowCategory(result.Category)}
		if result.Created {
			out.Status = http.StatusCreated
		}
		return out, nil
	})
}
