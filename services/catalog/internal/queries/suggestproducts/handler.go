// Package suggestproducts completes what somebody begins to type with the names of products.
package suggestproducts

import (
	"context"
	"errors"
	"net/http"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/each"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/search"
	"github.com/ordersaga/ordersaga/services/catalog/internal/productsearch"
)

// Query is what was typed so far.
type Query struct {
	Text  string `query:"q" required:"true" minLength:"1" maxLength:"200" doc:"What was typed so far." example:"retros"`
	Limit int    `query:"limit" minimum:"1" maximum:"20" default:"8" doc:"How many suggestions at most."`
}

// New makes the use case.
func New(index *search.Index) cqrs.Handler[Query, Page] {
	sold := []search.Filter{{Field: productsearch.Active, Values: []string{"true"}}}
	return cqrs.Query("suggest_products", func(ctx context.Context, query Query) (Page, error) {
		suggested, err := index.Suggest(ctx, query.Text, sold, query.Limit)
		if errors.Is(err, search.ErrInvalid) {
			err = rest.NewProblem(http.StatusUnprocessableEntity, "validation-failed", err.Error())
		}
		return Page{each.Map(suggested, func(s search.Suggestion) ProductSuggestion {
			return ProductSuggestion{Name: s.Title, SKU: s.ID, Highlight: s.Highlight}
		})}, err
	})
}
