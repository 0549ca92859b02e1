package changecategory

import (
	"context"
	"net/http"
	"time"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
	"github.com/ordersaga/ordersaga/services/catalog/internal/wire"
)

// timeout of a move, which writes each product of the categories that are moved.
const timeout = 55 * time.Second

type input struct {
	ID      string `path:"id" doc:"Identifies the category." example:"mugs"`
	IfMatch string `header:"If-Match" doc:"The version that you have seen, in quotes; or several, or * for whichever is current. Required (428)." example:"\"1\""`
	Body    wire.CategoryChange
}

type output struct {
	ETag string `header:"ETag"`
	Body wire.Category
}

// Route serves PUT /v1/categories/{id}.
func Route(api *rest.API, db *postgres.DB) {
	handler := New(db)
	rest.Handle(api, rest.Op{
		Method: http.MethodPut, Path: "/v1/categories/{id}", ID: "change-category",
		Summary: "Change a category",
		Description: "Says the whole category anew: its name and its parent. With another parent it is moved, with all that is below it; a category cannot be moved below itself. " +
			"`If-Match` has the version that you have seen: when somebody else changed the category since, the answer is 412. " +
			"The products of categories that are moved get a new version, because they have other `category_paths`, and follow within moments.",
		Tags: []string{"categories"}, Scope: auth.ScopeOperator, Timeout: timeout,
		Errors: []int{http.StatusPreconditionRequired},
		Refusals: map[string]int{
			domain.ReasonNoCategory: http.StatusNotFound, ReasonStale: http.StatusPreconditionFailed,
			domain.ReasonNoParent: http.StatusUnprocessableEntity, domain.ReasonTooDeep: http.StatusUnprocessableEntity,
			domain.ReasonCycle: http.StatusConflict,
		},
	}, func(ctx context.Context, in *input) (*output, error) {
		seen, err := rest.IfMatch(in.IfMatch)
		if err != nil {
			return nil, err
		}
		category, err := domain.NewCategory(in.ID, in.Body.Name, in.Body.Parent)
		if err != nil && domain.IsCategoryID(in.ID) {
			return nil, wire.Invalid(wire.Faults("body", err))
		}
		result, err := handler.Handle(ctx, Command{
			Category: category, Seen: seen,
			// What both stores keep of a time, so that this answer and later ones agree.
			At: time.Now().UTC().Truncate(time.Millisecond),
		})
		if err != nil {
			return nil, err
		}
		return &output{ETag: rest.ETag(result.Category.Version), Body: wire.ShowCategory(result.Category)}, nil
	})
}
