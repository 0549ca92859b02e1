package productsearch

import (
	"context"
	"database/sql"
	"embed"
	"fmt"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/search"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations has the tables of the changes. They follow those of the products.
var Migrations = postgres.Migrations{Name: "search", Files: files}

// numberedAtOnce is how many changes are given positions in one transaction.
const numberedAtOnce = 1000

// Changes are the products that changed, for a feed of the index.
type Changes struct{ db *postgres.DB }

// NewChanges are those of a database.
func NewChanges(db *postgres.DB) *Changes { return &Changes{db: db} }

// Changes implements search.Source.
func (c *Changes) Changes(ctx context.Context, after int64, limit int) (documents []search.Document, upTo int64, err error) {
	if err := c.number(ctx); err != nil {
		return nil, 0, err
	}
	rows, err := postgres.Select(ctx, c.db.SQL, (*row).fields, `
		SELECT c.position, p.sku, p.name, p.description, p.price_amount, p.currency, p.active, p.version, p.created_at, a.available
		FROM (SELECT sku, position FROM search_changes WHERE position > $1 ORDER BY position LIMIT $2) AS c
		LEFT JOIN products p USING (sku) LEFT JOIN availability a USING (sku)
		ORDER BY c.position`, after, limit)
	if err != nil {
		return nil, 0, fmt.Errorf("read the products that changed after %d: %w", after, err)
	}
	upTo = after
	for _, r := range rows {
		upTo = r.position
		if !r.sku.Valid {
			continue // stock of a product that does not exist yet
		}
		d, err := r.document()
		if err != nil {
			return nil, 0, err
		}
		documents = append(documents, d)
	}
	return documents, upTo, nil
}

// row may have nothing but a position.
type row struct {
	position                         int64
	sku, name, description, currency sql.NullString
	price, version, available        sql.NullInt64
	active                           sql.NullBool
	created                          sql.NullTime
}

func (r *row) fields() []any {
	return []any{&r.position, &r.sku, &r.name, &r.description, &r.price, &r.currency, &r.active, &r.version, &r.created, &r.available}
}

func (r row) document() (search.Document, error) {
	p := Product{
		SKU: r.sku.String, Name: r.name.String, Price: r.price.Int64, Currency: r.currency.String,
		Version: r.version.Int64, CreatedAt: r.created.Time.UTC(),
	}
	if r.available.Valid {
		p.Available = &r.available.Int64
	}
	return document(p, r.description.String, r.active.Bool, r.position)
}

// number gives positions to the changes that have none. Rows that a writer holds are left for the
// next time: waiting for them, in another order than the writer's, could be a deadlock.
func (c *Changes) number(ctx context.Context) error {
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

// Head implements search.Source. Changes without a position count, too.
func (c *Changes) Head(ctx context.Context) (head int64, err error) {
	err = c.db.SQL.QueryRowContext(ctx, `
		SELECT (SELECT position FROM search_head) + (SELECT count(*) FROM search_changes WHERE position IS NULL)`).Scan(&head)
	if err != nil {
		return 0, fmt.Errorf("count the changes of products: %w", err)
	}
	return head, nil
}
