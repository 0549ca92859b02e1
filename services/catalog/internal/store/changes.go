package store

import (
	"context"
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/platform/each"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
)

// numberedAtOnce is how many changes are given positions in one transaction.
const numberedAtOnce = 1000

// Changes are the products that changed, or that came into stock or went out of it, in the order of
// their positions: what the documents and the search index follow.
type Changes struct{ db *postgres.DB }

// NewChanges are those of a database.
func NewChanges(db *postgres.DB) Changes { return Changes{db: db} }

// Changed is a SKU as it is now.
type Changed struct {
	SKU string
	// Position of the last change.
	Position int64
	// Product is nil when there is none yet, only stock.
	Product *domain.Product
	// InStock says whether inventory last told of units that can be ordered.
	InStock bool
}

// Changes are what changed behind a position, of at most limit changes, and the position of the last
// of these; after itself when there are none.
func (c Changes) Changes(ctx context.Context, after int64, limit int) (changed []Changed, upTo int64, err error) {
	if err := c.number(ctx); err != nil {
		return nil, 0, err
	}
	changed, err = postgres.Select(ctx, c.db.SQL, func(c *Changed) []any { return []any{&c.Position, &c.SKU, &c.InStock} }, `
		SELECT c.position, c.sku, coalesce(a.available > 0, false)
		FROM (SELECT sku, position FROM search_changes WHERE position > $1 ORDER BY position LIMIT $2) AS c
		LEFT JOIN availability a USING (sku) ORDER BY c.position`, after, limit)
	if err != nil {
		return nil, 0, fmt.Errorf("read what changed after %d: %w", after, err)
	}
	skus := each.Map(changed, func(c Changed) string { return c.SKU })
	// A product that is changed once more in between is read as it is then, and comes again.
	products, err := read(ctx, c.db.SQL, skus)
	if err != nil {
		return nil, 0, fmt.Errorf("read the products that changed after %d: %w", after, err)
	}
	upTo = after
	for i := range changed {
		changed[i].Product, upTo = products[changed[i].SKU], changed[i].Position
	}
	return changed, upTo, nil
}

// number gives positions to the changes that have none. Rows that a writer holds are left for the
// next time: waiting for them, in another order than the writer's, could be a deadlock.
func (c Changes) number(ctx context.Context) error {
	for {
		numbered := int64(0)
		err := c.db.InTx(ctx, func(ctx context.Context, tx *postgres.Tx) error {
			var head int64
			if err := tx.QueryRowContext(ctx, `SELECT position FROM search_head FOR UPDATE`).Scan(&head); err != nil {
				return err
			}
			result, err := tx.ExecContext(ctx, `
				WITH unnumbered AS (
					SELECT sku FROM search_changes WHERE position IS NULL ORDER BY sku LIMIT $1 FOR UPDATE SKIP LOCKED
				), numbered AS (
					SELECT sku, $2::bigint + row_number() OVER (ORDER BY sku) AS position FROM unnumbered
				), head AS (
					UPDATE search_head SET position = $2::bigint + (SELECT count(*) FROM unnumbered)
				)
				UPDATE search_changes SET position = numbered.position FROM numbered WHERE search_changes.sku = numbered.sku`,
				numberedAtOnce, head)
			if err != nil {
				return err
			}
			numbered, err = result.RowsAffected()
			return err
		})
		if err != nil {
			return fmt.Errorf("number the changes of products: %w", err)
		}
		if numbered < numberedAtOnce {
			return nil
		}
	}
}

// Head is the position of the newest change. Changes without a position count, too.
func (c Changes) Head(ctx context.Context) (head int64, err error) {
	err = c.db.SQL.QueryRowContext(ctx, `
		SELECT (SELECT position FROM search_head) + (SELECT count(*) FROM search_changes WHERE position IS NULL)`).Scan(&head)
	if err != nil {
		return 0, fmt.Errorf("count the changes of products: %w", err)
	}
	return head, nil
}

// Waiting is the age of the oldest change behind a position, 0 when there is none. A SKU that changed
// again since it got its position counts from then on.
func (c Changes) Waiting(ctx context.Context, after int64) (time.Duration, error) {
	var seconds float64
	err := c.db.SQL.QueryRowContext(ctx, `
		SELECT coalesce(extract(epoch FROM clock_timestamp() - min(changed_at)), 0)::float8 FROM (
			SELECT changed_at FROM search_changes WHERE position > $1
			UNION ALL SELECT changed_at FROM search_changes WHERE position IS NULL) AS waiting`, after).Scan(&seconds)
	if err != nil {
		return 0, fmt.Errorf("age of the changes of products after %d: %w", after, err)
	}
	return time.Duration(seconds * float64(time.Second)), nil
}

// Created says when a product was created.
type Created struct {
	At  time.Time
	SKU string
}

// CreatedAfter reads at most limit products in the order in which they were created, behind one.
func CreatedAfter(ctx context.Context, db *postgres.DB, after Created, limit int) ([]Created, error) {
	page, err := postgres.Select(ctx, db.SQL, func(c *Created) []any { return []any{&c.At, &c.SKU} }, `
		SELECT created_at, sku FROM products WHERE (created_at, sku) > ($1, $2 COLLATE "C") ORDER BY created_at, sku LIMIT $3`, after.At, after.SKU, limit)
	if err != nil {
		return nil, fmt.Errorf("read %d products created after %s: %w", limit, after.SKU, err)
	}
	return page, nil
}
