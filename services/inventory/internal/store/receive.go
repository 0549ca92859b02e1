package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/inventory/internal/domain"
)

// receive adds goods, of known and unknown SKUs, in one statement. The insert
// meets the rows in the order of the sort, so it takes its locks by SKU like
// everybody else; ON CONFLICT adds to a row's newest version.
const receive = `
WITH arrived AS MATERIALIZED (
    SELECT sku, sum(quantity)::bigint AS quantity
    FROM unnest($2::text[], $3::bigint[]) AS line (sku, quantity)
    GROUP BY sku
), stocked AS (
    INSERT INTO stock_items AS item (sku, on_hand, received)
    SELECT sku, quantity, quantity FROM arrived ORDER BY sku
    ON CONFLICT (sku) DO UPDATE
    SET on_hand = item.on_hand + excluded.on_hand,
        received = item.received + excluded.received,
        version = item.version + 1
    RETURNING item.sku, item.on_hand, item.reserved, item.version
), journal AS (
    INSERT INTO movements (sku, kind, quantity, reference)
    SELECT sku, 'receive', quantity, $1::uuid FROM arrived ORDER BY sku
)
SELECT sku, on_hand, reserved, version FROM stocked ORDER BY sku`

// Receive adds the lines of a receipt to the stock and returns the new levels.
func Receive(ctx context.Context, q postgres.Querier, receiptID string, lines []domain.Line) ([]domain.Level, error) {
	skus, quantities := columns(lines)
	rows, err := q.QueryContext(ctx, receive, receiptID, skus, quantities)
	if err != nil {
		return nil, fmt.Errorf("receive %d lines of receipt %s: %w", len(lines), receiptID, err)
	}
	levels, err := scanLevels(rows)
	if err != nil {
		return nil, fmt.Errorf("receive %d lines of receipt %s: %w", len(lines), receiptID, err)
	}
	return levels, nil
}

// name gives stock items the catalog's names, making an item when goods were not
// received before. A name that an item has already is no change.
const name = `
INSERT INTO stock_items AS item (sku, name)
SELECT sku, name FROM unnest($1::text[], $2::text[]) AS named (sku, name) ORDER BY sku
ON CONFLICT (sku) DO UPDATE
SET name = excluded.name, version = item.version + 1
WHERE item.name <> excluded.name
RETURNING sku, on_hand, reserved, version`

// Name tells the stock what SKUs are called and returns the levels of the items
// that changed.
func Name(ctx context.Context, q postgres.Querier, names map[string]string) ([]domain.Level, error) {
	skus := slices.Sorted(maps.Keys(names))
	called := make([]string, len(skus))
	for i, sku := range skus {
		called[i] = names[sku]
	}
	rows, err := q.QueryContext(ctx, name, skus, called)
	if err != nil {
		return nil, fmt.Errorf("name %d stock items: %w", len(names), err)
	}
	levels, err := scanLevels(rows)
	if err != nil {
		return nil, fmt.Errorf("name %d stock items: %w", len(names), err)
	}
	return levels, nil
}
