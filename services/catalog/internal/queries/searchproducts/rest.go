package searchproducts

import (
	"context"
	"net/http"

	"github.com/ordersaga/ordersaga/platform/each"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/search"
	"github.com/ordersaga/ordersaga/services/catalog/internal/wire"
)

// FoundProduct is a product that was found.
type FoundProduct struct {
	SKU           string             `json:"sku" example:"MUG-1"`
	Name          string             `json:"name" example:"Mug"`
	Price         wire.Price         `json:"price"`
	Stock         *wire.ProductStock `json:"stock,omitempty" doc:"Absent until inventory has told of the SKU."`
	CategoryPaths []string           `json:"category_paths" nullable:"false" doc:"For each category the ids from the root of the tree to it." example:"[\"home/kitchen/mugs\"]"`
	Score         float64            `json:"score" doc:"How well it matches the text; comparable within one search."`
	Highlights    map[string]string  `json:"highlights,omitempty" doc:"The texts in which something was found (name, description, sku) as HTML: escaped, with <mark> around what was found. Long texts are cut."`
}

// Facet counts the values of a field over all that was found.
type Facet struct {
	Field  string       `json:"field" enum:"category,availability,currency,price"`
	Values []FacetValue `json:"values" nullable:"false" doc:"The most frequent first; ranges of prices in their order."`
}

// FacetValue is a value or a range of prices, and how many products have it.
type FacetValue struct {
	Value string `json:"value,omitempty"`
	Min   *int64 `json:"min,omitempty" doc:"The lowest price of the range, in minor units."`
	Below *int64 `json:"below,omitempty" doc:"The range ends below this price."`
	Count int64  `json:"count"`
}

// Page of what was found.
type Page struct {
	Products []FoundProduct `json:"products" nullable:"false"`
	Total    int64          `json:"total" doc:"How many were found, on all pages."`
	Facets   []Facet        `json:"facets" nullable:"false"`
	Similar  bool           `json:"similar" doc:"Few products have all the words as they were typed, so those with similar words were found, too, below them."`
	Next     rest.Cursor    `json:"next_cursor,omitempty" doc:"Asks for the next page; absent on the last one."`
}

// Route serves GET /v1/products/search.
func Route(api *rest.API, db *postgres.DB, index *search.Index) {
	handler := New(db, index)
	rest.Serve(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/products/search", ID: "search-products",
		Summary:     "Search the products",
		Description: "Products for sale by words, filters and facets. It follows changes within moments; while the search engine does not answer, this is 503 and everything else goes on.",
		Tags:        []string{"products"},
	}, func(ctx context.Context, query Query) (Page, error) {
		result, err := handler.Handle(ctx, query)
		return show(result), err
	})
}

func show(result Result) Page {
	return Page{
		Products: each.Map(result.Products, showProduct), Facets: each.Map(result.Facets, showFacet),
		Total: result.Total, Similar: result.Wide, Next: result.Next,
	}
}

func showProduct(p Found) FoundProduct {
	shown := FoundProduct{
		SKU: p.SKU, Name: p.Name, Price: wire.Price{Amount: p.Price, Currency: p.Currency},
		CategoryPaths: append([]string{}, p.CategoryPaths...), Score: p.Score, Highlights: p.Highlights,
	}
	if p.Stock != nil {
		shown.Stock = &wire.ProductStock{Available: p.Stock.Available}
	}
	return shown
}

func showFacet(facet search.Counts) Facet {
	return Facet{Field: facet.Field, Values: each.Map(facet.Values, func(v search.Count) FacetValue {
		return FacetValue{Value: v.Value, Min: v.Min, Below: v.Max, Count: v.Count}
	})}
}
