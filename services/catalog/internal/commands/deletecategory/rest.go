package deletecategory

import (
	"context"
	"net/http"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
)

type input struct {
	ID      string `path:"id" doc:"Identifies the category." example:"mugs"`
	IfMatch string `header:"If-Match" doc:"The version that you have seen, in quotes; or several, or * for whichever is current. Required (428)." example:"\"1\""`
}

// Route serves DELETE /v1/categories/{id}.
func Route(api *rest.API, db *postgres.DB) {
	handler := New(db)
	rest.Handle(api, rest.Op{
		Method: http.MethodDelete, Path: "/v1/categories/{id}", ID: "delete-category",
		Summary:     "Delete a category",
		Description: "Removes a category that has no product and no other category in it. Of a repetition the answer is 404.",
		Tags:        []string{"categories"}, Scope: auth.ScopeOperator,
		Errors: []int{http.StatusPreconditionRequired},
		Refusals: map[string]int{
			domain.ReasonNoCategory: http.StatusNotFound, ReasonStale: http.StatusPreconditionFailed, ReasonInUse: http.StatusConflict,
		},
	}, func(ctx context.Context, in *input) (*struct{}, error) {
		seen, err := rest.IfMatch(in.IfMatch)
		if err != nil {
			return nil, err
		}
		_, err = handler.Handle(ctx, Command{ID: in.ID, Seen: seen})
		return nil, err
	})
}
