package suggestproducts

import (
	"context"
	"net/http"

	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/search"
)

// ProductSuggestion is the name of a product.
type ProductSuggestion struct {
	Name      string `json:"name" example:"RED RETROSPOT MUG"`
	SKU       string `json:"sku" doc:"Of the best product of this name."`
	Highlight string `json:"highlight" doc:"The name as HTML: escaped, with <mark> around what was typed."`
}

type output struct {
	Body struct {
		Suggestions []ProductSuggestion `json:"suggestions" nullable:"false" doc:"Different names, the best first."`
	}
}

// Route serves GET /v1/products/suggestions.
func Route(api *rest.API, index *search.Index) {
	handler := New(index)
	rest.Handle(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/products/suggestions", ID: "suggest-products",
		Summary:     "Complete the name of a product",
		Description: "Names of products for sale that somebody may be typing.",
		Tags:        []string{"products"},
	}, func(ctx context.Context, query *Query) (*output, error) {
		suggested, err := handler.Handle(ctx, *query)
		if err != nil {
			return nil, err
		}
		out := new(output)
		out.Body.Suggestions = make([]ProductSuggestion, len(suggested))
		for i, s := range suggested {
			out.Body.Suggestions[i] = ProductSuggestion{Name: s.Title, SKU: s.ID, Highlight: s.Highlight}
		}
		return out, nil
	})
}
