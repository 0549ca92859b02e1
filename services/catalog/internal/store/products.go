// Package store keeps products in PostgreSQL.
package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm/clause"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
)

// product is a row of products.
type product struct {
	SKU           string `gorm:"primaryKey"`
	Name          string
	Description   string
	Categories    list[string]
	CategoryPaths list[string]
	Images        list[domain.Image]
	PriceAmount   int64
	Currency      string
	Active        bool
	Version       int64
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// TableName is what GORM asks for.
func (product) TableName() string { return "products" }

// Create adds the product, or finds the one that has its SKU already: created tells which. Of
// several callers at once exactly one creates; the others wait for it and find its product.
func Create(ctx context.Context, tx *postgres.Tx, p *domain.Product) (stored *domain.Product, created bool, err error) {
	row := toRow(p)
	result := tx.WithContext(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
	if result.Error != nil {
		return nil, false, fmt.Errorf("insert product %s: %w", p.SKU(), result.Error)
	}
	if result.RowsAffected == 1 {
		return p, true, nil
	}
	var existing product
	if err := tx.WithContext(ctx).Take(&existing, "sku = ?", p.SKU()).Error; err != nil {
		return nil, false, fmt.Errorf("read product %s: %w", p.SKU(), err)
	}
	return existing.toDomain(), false, nil
}

// Replace stores the next version of a product; replaced is false when the stored one is not the
// version before it any more. Of several callers at once exactly one replaces; the others wait for
// it.
func Replace(ctx context.Context, tx *postgres.Tx, next *domain.Product) (replaced bool, err error) {
	row := toRow(next)
	// All columns by name: of a struct alone GORM leaves out what is zero, a price of 0 and what is
	// not for sale.
	result := tx.WithContext(ctx).Model(&product{}).
		Select("Name", "Description", "Categories", "CategoryPaths", "Images", "PriceAmount", "Currency", "Active", "Version", "UpdatedAt").
		Where("sku = ? AND version = ?", row.SKU, row.Version-1).
		Updates(&row)
	if result.Error != nil {
		return false, fmt.Errorf("replace version %d of product %s: %w", row.Version-1, row.SKU, result.Error)
	}
	return result.RowsAffected == 1, nil
}

// CreateAll adds the products whose SKUs are new in one statement and answers what is stored for
// each SKU now, with the SKUs that were added. Of the same SKU twice the first counts.
func CreateAll(ctx context.Context, tx *postgres.Tx, products []*domain.Product) (stored map[string]*domain.Product, created map[string]bool, err error) {
	columns := toColumns(products)
	created, err = insertNew(ctx, tx, columns)
	if err != nil {
		return nil, nil, fmt.Errorf("insert %d products: %w", len(columns.skus), err)
	}
	if stored, err = read(ctx, tx, columns.skus); err != nil {
		return nil, nil, fmt.Errorf("read %d products: %w", len(columns.skus), err)
	}
	return stored, created, nil
}

// columns are products as the arrays that one statement takes.
type columns struct {
	skus, names, descriptions, currencies []string
	categories, paths, images             []string // JSON
	prices                                []int64
	at                                    []time.Time
}

func toColumns(products []*domain.Product) columns {
	var c columns
	seen := make(map[string]bool, len(products))
	for _, p := range products {
		s := p.Snapshot()
		if seen[s.SKU] {
			continue
		}
		seen[s.SKU] = true
		c.skus = append(c.skus, s.SKU)
		c.names = append(c.names, s.Name)
		c.descriptions = append(c.descriptions, s.Description)
		c.categories = append(c.categories, list[string](s.Categories).json())
		c.paths = append(c.paths, list[string](s.CategoryPaths).json())
		c.images = append(c.images, list[domain.Image](s.Images).json())
		c.prices = append(c.prices, s.Price)
		c.currencies = append(c.currencies, s.Currency)
		c.at = append(c.at, s.CreatedAt)
	}
	return c
}

// insertNew inserts in the order of the SKUs: two of these at once wait for each other's rows in
// the same order and cannot deadlock.
func insertNew(ctx context.Context, q postgres.Querier, c columns) (map[string]bool, error) {
	rows, err := q.QueryContext(ctx, `
		INSERT INTO products (sku, name, description, price_amount, currency, active, version, created_at, updated_at, categories, category_paths, images)
		SELECT sku, name, description, price_amount, currency, true, 1, at, at, categories::jsonb, category_paths::jsonb, images::jsonb
		FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::timestamptz[], $7::text[], $8::text[], $9::text[])
		     AS wanted (sku, name, description, price_amount, currency, at, categories, category_paths, images)
		ORDER BY sku COLLATE "C"
		ON CONFLICT (sku) DO NOTHING
		RETURNING sku`,
		c.skus, c.names, c.descriptions, c.prices, c.currencies, c.at, c.categories, c.paths, c.images)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	created := make(map[string]bool)
	for rows.Next() {
		var sku string
		if err := rows.Scan(&sku); err != nil {
			return nil, err
		}
		created[sku] = true
	}
	return created, rows.Err()
}

// read takes the SKUs as one array: GORM would spell them out as a thousand parameters.
func read(ctx context.Context, q postgres.Querier, skus []string) (map[string]*domain.Product, error) {
	return query(ctx, q, `WHERE sku = ANY($1)`, skus)
}

func query(ctx context.Context, q postgres.Querier, which string, args ...any) (map[string]*domain.Product, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT sku, name, description, categories, category_paths, images, price_amount, currency, active, version, created_at, updated_at
		FROM products `+which, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := map[string]*domain.Product{}
	for rows.Next() {
		var p product
		if err := rows.Scan(&p.SKU, &p.Name, &p.Description, &p.Categories, &p.CategoryPaths, &p.Images, &p.PriceAmount, &p.Currency, &p.Active, &p.Version, &p.CreatedAt, &p.UpdatedAt); err != nil {
			return nil, err
		}
		found[p.SKU] = p.toDomain()
	}
	return found, rows.Err()
}

func toRow(p *domain.Product) product {
	s := p.Snapshot()
	return product{
		SKU: s.SKU, Name: s.Name, Description: s.Description,
		Categories: s.Categories, CategoryPaths: s.CategoryPaths, Images: s.Images,
		PriceAmount: s.Price, Currency: s.Currency,
		Active: s.Active, Version: s.Version,
		CreatedAt: s.CreatedAt, UpdatedAt: s.UpdatedAt,
	}
}

func (row product) toDomain() *domain.Product {
	return domain.Restore(domain.Snapshot{
		SKU: row.SKU, Name: row.Name, Description: row.Description,
		Categories: row.Categories, CategoryPaths: row.CategoryPaths, Images: row.Images,
		Price: row.PriceAmount, Currency: row.Currency,
		Active: row.Active, Version: row.Version,
		CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt,
	})
}

// InsertNew adds the products whose SKUs are new, in one statement, and answers which. No SKU may be
// there twice.
func InsertNew(ctx context.Context, tx *postgres.Tx, products []*domain.Product) (created map[string]bool, err error) {
	if created, err = insertNew(ctx, tx, toColumns(products)); err != nil {
		return nil, fmt.Errorf("insert %d products: %w", len(products), err)
	}
	return created, nil
}

// LockAll reads what is stored for the SKUs of products and keeps others from changing it until the
// transaction ends. It locks in the order of the SKUs, as insertNew inserts.
func LockAll(ctx context.Context, tx *postgres.Tx, products []*domain.Product) (map[string]*domain.Product, error) {
	found, err := query(ctx, tx, `WHERE sku = ANY($1) ORDER BY sku COLLATE "C" FOR NO KEY UPDATE`, toColumns(products).skus)
	if err != nil {
		return nil, fmt.Errorf("lock %d products: %w", len(products), err)
	}
	return found, nil
}

// ReplaceAll stores the next versions of products that are locked, in one statement.
func ReplaceAll(ctx context.Context, tx *postgres.Tx, products []*domain.Product) error {
	if len(products) == 0 {
		return nil
	}
	c := toColumns(products)
	active, versions := make([]bool, len(products)), make([]int64, len(products))
	updated := make([]time.Time, len(products))
	for i, p := range products {
		s := p.Snapshot()
		active[i], versions[i], updated[i] = s.Active, s.Version, s.UpdatedAt
	}
	result, err := tx.ExecContext(ctx, `
		UPDATE products SET name = next.name, description = next.description, price_amount = next.price_amount,
			currency = next.currency, active = next.active, version = next.version, updated_at = next.updated_at,
			categories = next.categories::jsonb, category_paths = next.category_paths::jsonb, images = next.images::jsonb
		FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::bool[], $7::bigint[], $8::timestamptz[],
		            $9::text[], $10::text[], $11::text[])
		     AS next (sku, name, description, price_amount, currency, active, version, updated_at, categories, category_paths, images)
		WHERE products.sku = next.sku AND products.version = next.version - 1`,
		c.skus, c.names, c.descriptions, c.prices, c.currencies, active, versions, updated, c.categories, c.paths, c.images)
	if err != nil {
		return fmt.Errorf("replace %d products: %w", len(products), err)
	}
	if replaced, err := result.RowsAffected(); err != nil || replaced != int64(len(products)) {
		return fmt.Errorf("replace %d products: %d were replaced: %w", len(products), replaced, err)
	}
	return nil
}
