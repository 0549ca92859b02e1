package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/inventory/internal/domain"
)

// receive adds goods, of known and unknown SKUs, in one statement. The insert locks rows in the
// order of the sort, by SKU as in all statements: bytewise, whatever the database's collation is.
// ON CONFLICT adds to a row's newest version.
const receive = `
WITH arrived AS MATERIALIZED (
    SELECT sku COLLATE "C" AS sku, sum(quantity)::bigint AS quantity
    FROM unnest($2::text[], $3::bigint[]) AS line (sku, quantity)
    GROUP BY 1
), stocked AS (
    INSERT INTO stock_items AS item (sku, on_hand, received)
    SELECT sku, quantity, quantity FROM arrived ORDER BY sku COLLATE "C"
    ON CONFLICT (sku) DO UPDATE
    SET on_hand = item.on_hand + excluded.on_hand,
        received = item.received + excluded.received,
        version = item.version + 1
    RETURNING item.sku, item.on_hand, item.reserved, item.version
), journal AS (
    INSERT INTO movements (sku, kind, quantity, reference)
    SELECT sku, 'receive', quantity, $1::uuid FROM arrived ORDER BY sku COLLATE "C"
)
SELECT sku, on_hand, reserved, version FROM stocked ORDER BY sku COLLATE "C"`

// Receive adds the lines of a receipt to the stock and returns the new levels.
func Receive(ctx context.Context, q postgres.Querier, receiptID string, lines []domain.Line) ([]domain.Level, error) {
	_, skus, quantities := columns(lines)
	levels, err := selectLevels(ctx, q, receive, receiptID, skus, quantities)
	if err != nil {
		return nil, fmt.Errorf("receive %d lines of receipt %s: %w", len(lines), receiptID, err)
	}
	return levels, nil
}

// name gives stock items the catalog's names, and creates an item when no goods were received
// before. The newest version of the product decides, in any order of events; when the name is the
// same, the level's version does not change.
const name = `
INSERT INTO stock_items AS item (sku, name, name_version)
SELECT sku, name, version FROM unnest($1::text[], $2::text[], $3::bigint[]) AS named (sku, name, version) ORDER BY sku COLLATE "C"
ON CONFLICT (sku) DO UPDATE
SET name = excluded.name, name_version = excluded.name_version,
    version = item.version + (item.name <> excluded.name)::int
WHERE item.name_version < excluded.name_version
RETURNING sku, on_hand, reserved, version`

// Called is the name of a product since one of its versions.
type Called struct {
	Name    string
	Version int64
}

// Name sets the names of SKUs and returns the levels of the items that changed.
func Name(ctx context.Context, q postgres.Querier, names map[string]Called) ([]domain.Level, error) {
	skus := slices.Sorted(maps.Keys(names))
	called, versions := make([]string, len(skus)), make([]int64, len(skus))
	for i, sku := range skus {
		called[i], versions[i] = names[sku].Name, names[sku].Version
	}
	levels, err := selectLevels(ctx, q, name, skus, called, versions)
	if err != nil {
		return nil, fmt.Errorf("name %d stock items: %w", len(names), err)
	}
	return levels, nil
}
