package store

import (
	"context"
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
)

// Lock reads the product of a SKU and keeps others from changing it until the transaction ends;
// found is false when there is none.
func Lock(ctx context.Context, tx *postgres.Tx, sku string) (p *domain.Product, found bool, err error) {
	locked, err := query(ctx, tx, `WHERE sku = ANY($1) FOR NO KEY UPDATE`, []string{sku})
	if err != nil {
		return nil, false, fmt.Errorf("lock product %s: %w", sku, err)
	}
	p, found = locked[sku]
	return p, found, nil
}

// Schedule sets the price that a locked product has from a time in the future on. When one is set for
// that time already, it stays and is returned, with set false.
func Schedule(ctx context.Context, tx *postgres.Tx, sku string, price domain.PriceFrom) (stored domain.PriceFrom, set bool, err error) {
	result, err := tx.ExecContext(ctx, `
		INSERT INTO prices (sku, valid_from, amount, pending) VALUES ($1, $2, $3, true) ON CONFLICT (sku, valid_from) DO NOTHING`,
		sku, price.From, price.Amount)
	if err != nil {
		return stored, false, fmt.Errorf("schedule a price of %s: %w", sku, err)
	}
	inserted, err := result.RowsAffected()
	if err != nil || inserted == 1 {
		return price, true, err
	}
	stored.From = price.From
	err = tx.QueryRowContext(ctx, `SELECT amount FROM prices WHERE sku = $1 AND valid_from = $2`, sku, price.From).Scan(&stored.Amount)
	if err != nil {
		return stored, false, fmt.Errorf("read the price of %s from %s: %w", sku, price.From, err)
	}
	return stored, false, nil
}

// PriceSince answers the price that a product has, with the time from which it holds.
func PriceSince(ctx context.Context, tx *postgres.Tx, sku string) (price domain.PriceFrom, err error) {
	err = tx.QueryRowContext(ctx, `
		SELECT amount, valid_from FROM prices WHERE sku = $1 AND NOT pending ORDER BY valid_from DESC LIMIT 1`, sku).Scan(&price.Amount, &price.From)
	if err != nil {
		return price, fmt.Errorf("read the price of %s: %w", sku, err)
	}
	return price, nil
}

// Scheduled answers how many prices of a product are to take effect.
func Scheduled(ctx context.Context, tx *postgres.Tx, sku string) (count int, err error) {
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM prices WHERE sku = $1 AND pending`, sku).Scan(&count); err != nil {
		return 0, fmt.Errorf("count the scheduled prices of %s: %w", sku, err)
	}
	return count, nil
}

// Withdraw removes the price that a locked product would have from a time on; found is false when
// there is none that has not taken effect.
func Withdraw(ctx context.Context, tx *postgres.Tx, sku string, from time.Time) (found bool, err error) {
	result, err := tx.ExecContext(ctx, `
		DELETE FROM prices WHERE sku = $1 AND valid_from = $2 AND pending AND valid_from > statement_timestamp()`, sku, from)
	if err != nil {
		return false, fmt.Errorf("withdraw the price of %s from %s: %w", sku, from, err)
	}
	removed, err := result.RowsAffected()
	return removed == 1, err
}

// StoredPrice is a price in the history of a product.
type StoredPrice struct {
	domain.PriceFrom
	Currency string
	// Pending is a price whose time has not come, or came just now.
	Pending bool
}

// PriceHistory reads at most limit prices of a product, the latest first, which hold from before a
// time; the zero time is no bound. A SKU that no product has has none; a product has one at least.
func PriceHistory(ctx context.Context, db *postgres.DB, sku string, before time.Time, limit int) ([]StoredPrice, error) {
	var bound *time.Time
	if !before.IsZero() {
		bound = &before
	}
	prices, err := postgres.Select(ctx, db.SQL,
		func(p *StoredPrice) []any { return []any{&p.Amount, &p.From, &p.Currency, &p.Pending} }, `
		SELECT amount, valid_from, currency, pending FROM prices JOIN products USING (sku)
		WHERE sku = $1 AND valid_from < coalesce($2::timestamptz, 'infinity') ORDER BY valid_from DESC LIMIT $3`, sku, bound, limit)
	if err != nil {
		return nil, fmt.Errorf("read the prices of %s: %w", sku, err)
	}
	return prices, nil
}

// ApplyDuePrices writes prices whose time has come into the rows of their products, of at most limit
// products, and returns these in their next versions.
func ApplyDuePrices(ctx context.Context, tx *postgres.Tx, limit int) ([]*domain.Product, error) {
	type due struct {
		sku    string
		amount int64
	}
	// Locked in the order of the SKUs, as all statements that change several products lock. What is
	// due is looked up once more under the lock: somebody else may have been faster.
	skus, err := postgres.Select(ctx, tx, func(sku *string) []any { return []any{sku} }, `
		WITH due AS (SELECT DISTINCT sku FROM (
			SELECT sku FROM prices WHERE pending AND valid_from <= statement_timestamp() ORDER BY valid_from LIMIT $1) AS earliest)
		SELECT sku FROM products WHERE sku IN (SELECT sku FROM due) ORDER BY sku COLLATE "C" FOR NO KEY UPDATE`, limit)
	if err != nil || len(skus) == 0 {
		return nil, err
	}
	taken, err := postgres.Select(ctx, tx, func(d *due) []any { return []any{&d.sku, &d.amount} }, `
		WITH taken AS (
			UPDATE prices SET pending = false WHERE sku = ANY($1) AND pending AND valid_from <= statement_timestamp()
			RETURNING sku, valid_from, amount)
		SELECT DISTINCT ON (sku) sku, amount FROM taken ORDER BY sku, valid_from DESC`, skus)
	if err != nil || len(taken) == 0 {
		return nil, err
	}
	changed, amounts := make([]string, len(taken)), make([]int64, len(taken))
	for i, d := range taken {
		changed[i], amounts[i] = d.sku, d.amount
	}
	if _, err := tx.ExecContext(ctx, `
		UPDATE products SET price_amount = due.amount, version = version + 1, updated_at = date_trunc('milliseconds', statement_timestamp())
		FROM unnest($1::text[], $2::bigint[]) AS due (sku, amount) WHERE products.sku = due.sku`, changed, amounts); err != nil {
		return nil, err
	}
	stored, err := read(ctx, tx, changed)
	if err != nil {
		return nil, err
	}
	products := make([]*domain.Product, len(changed))
	for i, sku := range changed {
		products[i] = stored[sku]
	}
	return products, nil
}

// PricesDue tells whether there are prices whose time has come and that are not in the rows of their
// products.
func PricesDue(ctx context.Context, db *postgres.DB) (due bool, err error) {
	// The earliest one decides, which the index has at its end: an EXISTS reads the table whenever the
	// planner believes that many are due.
	err = db.SQL.QueryRowContext(ctx, `
		SELECT coalesce((SELECT valid_from <= statement_timestamp() FROM prices WHERE pending ORDER BY valid_from LIMIT 1), false)`).Scan(&due)
	if err != nil {
		return false, fmt.Errorf("look for prices that are due: %w", err)
	}
	return due, nil
}
