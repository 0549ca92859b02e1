// Package searchproducts finds products by words, filters and facets.
package searchproducts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/each"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/search"
	"github.com/ordersaga/ordersaga/services/catalog/internal/productsearch"
	"github.com/ordersaga/ordersaga/services/catalog/internal/store"
)

// Orders of what is found.
const (
	ByPrice     = "price"
	ByPriceDown = "-price"
	ByName      = "name"
	NewestFirst = "newest"
)

// facetValues is how many values a facet counts.
const facetValues = 20

// priceSteps are the borders of the facet of prices, in minor units.
var priceSteps = []int64{500, 1000, 2500, 5000, 10000}

// Query says what to find.
type Query struct {
	Text         string      `query:"q" maxLength:"200" doc:"Words of the name, the description or the SKU, as somebody types them: they may be unfinished, in the plural, or have typing errors. Without it all products are found." example:"retrospot bag"`
	Category     string      `query:"category" pattern:"^[a-z0-9]+(-[a-z0-9]+)*$" maxLength:"64" doc:"Only products in this category or in one below it." example:"mugs"`
	Currency     string      `query:"currency" pattern:"^[A-Z]{3}$" doc:"Only prices in this currency."`
	Availability string      `query:"availability" enum:"in_stock,out_of_stock" doc:"Only products that can be ordered now, or only those that cannot."`
	MinPrice     int64       `query:"min_price" minimum:"0" maximum:"9007199254740991" doc:"In minor units; only with a currency does it say much."`
	MaxPrice     int64       `query:"max_price" minimum:"0" maximum:"9007199254740991" default:"9007199254740991" doc:"In minor units."`
	Sort         string      `query:"sort" enum:"relevance,price,-price,name,newest" default:"relevance" doc:"relevance: what matches best first, by name when there is no text. -price: the dearest first."`
	Limit        int         `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"Products on a page."`
	Cursor       rest.Cursor `query:"cursor" doc:"next_cursor of the page before."`
}

const maxPrice = 9007199254740991

// list names what is listed in its cursors.
func (q Query) list() string {
	q.Cursor, q.Limit = "", 0
	encoded, err := json.Marshal(q)
	if err != nil {
		panic("searchproducts: a query does not encode: " + err.Error())
	}
	return "product-search/" + string(encoded)
}

// Result is a page of products.
type Result struct {
	Products []Found
	Facets   []search.Counts
	Total    int64
	Wide     bool
	Next     rest.Cursor // empty on the last page
}

// Found is a product and what was found in it.
type Found struct {
	productsearch.Product
	Stock      *store.Stock // nil until inventory has told of the SKU
	Score      float64
	Highlights map[string]string
}

// New makes the use case.
func New(db *postgres.DB, index *search.Index) cqrs.Handler[Query, Result] {
	return cqrs.Query("search_products", (&handler{db: db, index: index}).Handle)
}

type handler struct {
	db    *postgres.DB
	index *search.Index
}

// Handle finds a page.
func (h *handler) Handle(ctx context.Context, query Query) (Result, error) {
	after, err := rest.ReadCursor[search.Position](ctx, query.list(), query.Cursor)
	if err != nil {
		return Result{}, err
	}
	found, err := h.index.Search(ctx, search.Query{
		Text: query.Text, Filters: query.filters(), Sort: query.order(), Limit: query.Limit, After: after,
		Facets: []search.Facet{
			{Field: productsearch.Category, Size: facetValues},
			{Field: productsearch.Availability, Size: facetValues},
			{Field: productsearch.Currency, Size: facetValues},
			{Field: productsearch.Price, Bounds: priceSteps},
		},
	})
	if errors.Is(err, search.ErrInvalid) {
		return Result{}, rest.NewProblem(http.StatusUnprocessableEntity, "validation-failed", err.Error())
	}
	if err != nil {
		return Result{}, err
	}
	stocks, err := store.Stocks(ctx, h.db, each.Map(found.Hits, func(hit search.Hit) string { return hit.ID })...)
	if err != nil {
		return Result{}, err
	}
	result := Result{Products: make([]Found, len(found.Hits)), Facets: found.Facets, Total: found.Total, Wide: found.Wide}
	for i, hit := range found.Hits {
		result.Products[i] = Found{Stock: stocks[hit.ID], Score: hit.Score, Highlights: hit.Highlights}
		if err := json.Unmarshal(hit.Source, &result.Products[i].Product); err != nil {
			return Result{}, fmt.Errorf("product %q in the index: %w", hit.ID, err)
		}
	}
	if found.Next != nil {
		result.Next = rest.NewCursor(ctx, query.list(), *found.Next)
	}
	return result, nil
}

// filters pass products for sale only.
func (q Query) filters() []search.Filter {
	filters := []search.Filter{{Field: productsearch.Active, Values: []string{"true"}}}
	if q.Category != "" {
		filters = append(filters, search.Filter{Field: productsearch.Category, Values: []string{q.Category}})
	}
	if q.Currency != "" {
		filters = append(filters, search.Filter{Field: productsearch.Currency, Values: []string{q.Currency}})
	}
	if q.Availability != "" {
		filters = append(filters, search.Filter{Field: productsearch.Availability, Values: []string{q.Availability}})
	}
	if q.MinPrice > 0 || q.MaxPrice < maxPrice {
		filters = append(filters, search.Filter{Field: productsearch.Price, Min: &q.MinPrice, Max: &q.MaxPrice})
	}
	return filters
}

func (q Query) order() search.Sort {
	switch q.Sort {
	case ByPrice, ByPriceDown:
		return search.Sort{Field: productsearch.Price, Descending: q.Sort == ByPriceDown}
	case ByName:
		return search.Sort{Field: search.Title}
	case NewestFirst:
		return search.Sort{Field: productsearch.Created, Descending: true}
	default:
		return search.Sort{}
	}
}
