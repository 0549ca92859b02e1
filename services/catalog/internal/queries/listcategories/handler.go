// Package listcategories shows the tree of categories, from where it is written: it is small.
package listcategories

import (
	"context"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
	"github.com/ordersaga/ordersaga/services/catalog/internal/store"
)

// Query asks for the whole tree.
type Query struct{}

// Result is the tree, each category after its parent.
type Result struct{ Categories []domain.Category }

// New makes the use case.
func New(db *postgres.DB) cqrs.Handler[Query, Result] {
	return cqrs.Query("list_categories", func(ctx context.Context, _ Query) (Result, error) {
		categories, err := store.Categories(ctx, db.SQL)
		return Result{Categories: categories}, err
	})
}
