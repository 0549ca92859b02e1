// Package listcategories shows the tree of categories, from where it is written: it is small.
package listcategories

import (
	"context"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/each"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/catalog/internal/store"
	"github.com/ordersaga/ordersaga/services/catalog/internal/wire"
)

// Query asks for the whole tree.
type Query struct{}

// New makes the use case.
func New(db *postgres.DB) cqrs.Handler[Query, Page] {
	return cqrs.Query("list_categories", func(ctx context.Context, _ Query) (Page, error) {
		categories, err := store.Categories(ctx, db.SQL)
		return Page{each.Map(categories, wire.ShowCategory)}, err
	})
}
