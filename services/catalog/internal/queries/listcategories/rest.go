package listcategories

import (
	"context"
	"net/http"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/wire"
)

type output struct {
	Body struct {
		Categories []wire.Category `json:"categories" nullable:"false" doc:"Each after the one that it is in."`
	}
}

// Route serves GET /v1/categories.
func Route(api *rest.API, db *postgres.DB) {
	handler := New(db)
	rest.Handle(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/categories", ID: "list-categories",
		Summary:     "List the categories",
		Description: "The whole tree, each category after the one that it is in: at most 5,000.",
		Tags:        []string{"categories"},
	}, func(ctx context.Context, query *Query) (*output, error) {
		result, err := handler.Handle(ctx, *query)
		if err != nil {
			return nil, err
		}
		out := new(output)
		out.Body.Categories = make([]wire.Category, len(result.Categories))
		for i, category := range result.Categories {
			out.Body.Categories[i] = wire.ShowCategory(category)
		}
		return out, nil
	})
}
