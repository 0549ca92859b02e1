package store

import (
	"context"
	"fmt"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
)

// treeLock is the key of the lock of the tree of categories. Who puts products into categories
// shares it, who changes the tree has it alone, both until the transaction ends and before any row
// is locked: so a category is not removed while a product is put into it, and no product keeps a
// path that has changed.
const treeLock = 0x6f72_6465_7263_6174

// Placed is a product, or a change of one, that has categories.
type Placed interface {
	Categories() []string
	Place(paths domain.Paths) error
}

// Place puts products at their categories' places in the tree, where these stay until the
// transaction ends. It is called before any product is locked, and refuses
// domain.ReasonNoCategory.
func Place[P Placed](ctx context.Context, tx *postgres.Tx, products ...P) error {
	var ids []string
	seen := map[string]bool{}
	for _, product := range products {
		for _, id := range product.Categories() {
			if !seen[id] {
				seen[id] = true
				ids = append(ids, id)
			}
		}
	}
	paths, err := paths(ctx, tx, ids)
	if err != nil {
		return err
	}
	for _, product := range products {
		if err := product.Place(paths); err != nil {
			return err
		}
	}
	return nil
}

func paths(ctx context.Context, tx *postgres.Tx, ids []string) (domain.Paths, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock_shared($1)`, int64(treeLock)); err != nil {
		return nil, fmt.Errorf("share the lock of the categories: %w", err)
	}
	rows, err := postgres.Select(ctx, tx, func(c *[2]string) []any { return []any{&c[0], &c[1]} },
		`SELECT id, path FROM categories WHERE id = ANY($1)`, ids)
	if err != nil {
		return nil, fmt.Errorf("read the paths of %d categories: %w", len(ids), err)
	}
	found := make(domain.Paths, len(rows))
	for _, row := range rows {
		found[row[0]] = row[1]
	}
	return found, nil
}
