package productsearch

import (
	"context"
	"embed"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/search"
	"github.com/ordersaga/ordersaga/services/catalog/internal/store"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations has the tables of the changes. They follow those of the products.
var Migrations = postgres.Migrations{Name: "search", Files: files}

// Changes are the products that changed, for a feed of the index.
type Changes struct{ changes store.Changes }

// NewChanges are those of a database.
func NewChanges(db *postgres.DB) *Changes { return &Changes{store.NewChanges(db)} }

// Changes implements search.Source.
func (c *Changes) Changes(ctx context.Context, after int64, limit int) (documents []search.Document, upTo int64, err error) {
	changed, upTo, err := c.changes.Changes(ctx, after, limit)
	if err != nil {
		return nil, 0, err
	}
	for _, change := range changed {
		if change.Product == nil {
			continue // stock of a product that does not exist yet
		}
		s := change.Product.Snapshot()
		p := Product{SKU: s.SKU, Name: s.Name, Price: s.Price, Currency: s.Currency, Version: s.Version, CreatedAt: s.CreatedAt, CategoryPaths: s.CategoryPaths}
		d, err := document(p, s.Description, s.Active, change.InStock, change.Position)
		if err != nil {
			return nil, 0, err
		}
		documents = append(documents, d)
	}
	return documents, upTo, nil
}

// Head implements search.Source.
func (c *Changes) Head(ctx context.Context) (int64, error) { return c.changes.Head(ctx) }
