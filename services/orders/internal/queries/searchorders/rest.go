package searchorders

import (
	"net/http"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/search"
	"github.com/ordersaga/ordersaga/services/orders/internal/ordersearch"
	"github.com/ordersaga/ordersaga/services/orders/internal/personal"
)

// FoundOrder is an order that was found.
type FoundOrder struct {
	ordersearch.Order
	Highlights map[string]string `json:"highlights,omitempty" doc:"The texts in which something was found (number, reference, customer, items, note) as HTML: escaped, with <mark> around what was found. Long texts are cut."`
}

// Facet counts the values of a field over all that was found.
type Facet struct {
	Field  string       `json:"field" enum:"status,payment_status,reason,stuck,hold"`
	Values []FacetValue `json:"values" nullable:"false" doc:"The most frequent first."`
}

// FacetValue is a value and how many orders have it.
type FacetValue struct {
	Value string `json:"value"`
	Count int64  `json:"count"`
}

// Result is a page of orders.
type Result struct {
	Orders  []FoundOrder `json:"orders" nullable:"false"`
	Total   int64        `json:"total" doc:"How many were found, on all pages."`
	Facets  []Facet      `json:"facets" nullable:"false"`
	Similar bool         `json:"similar" doc:"Few orders have all the words as they were typed, so those with similar words were found, too, below them."`
	Next    rest.Cursor  `json:"next_cursor,omitempty" doc:"Asks for the next page; absent on the last one."`
}

// Route serves GET /v1/orders/search.
func Route(api *rest.API, index *search.Index, keys *personal.Keys) {
	rest.Serve(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/orders/search", ID: "search-orders", Tags: []string{"orders"},
		Summary:     "Search the orders",
		Description: "For operators: by words, filters and facets. It follows changes within moments; while the search engine does not answer, this is 503 and everything else goes on.",
		Scope:       auth.ScopeOperator,
	}, New(index, keys).Handle)
}
