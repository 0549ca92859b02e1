package suggestproducts

import (
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

// Page of suggestions.
type Page struct {
	Suggestions []ProductSuggestion `json:"suggestions" nullable:"false" doc:"Different names, the best first."`
}

// Route serves GET /v1/products/suggestions.
func Route(api *rest.API, index *search.Index) {
	rest.Serve(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/products/suggestions", ID: "suggest-products",
		Summary:     "Complete the name of a product",
		Description: "Names of products for sale that somebody may be typing.",
		Tags:        []string{"products"},
	}, New(index).Handle)
}
