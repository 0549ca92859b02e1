package store

import (
	"context"
	"fmt"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/inventory/internal/domain"
)

// expire ends holds that have run out and frees their stock, all in one statement. A hold that
// somebody else has locked is being allocated, released or swept right now: it is left to them and,
// if it still is a hold afterwards, to the next sweep. A hold that was allocated since the
// statement's snapshot fails the condition when it is read again under its lock. A line is held
// once, so what is expired of it now is what was held.
const expire = `
WITH due AS MATERIALIZED (
    SELECT order_id, saga, instance FROM reservations
    WHERE state = 'held' AND expires_at <= statement_timestamp()
    ORDER BY expires_at
    LIMIT $1
    FOR NO KEY UPDATE SKIP LOCKED
), ended AS (
    UPDATE reservations SET state = 'expired', freed_at = clock_timestamp()
    FROM due
    WHERE (reservations.order_id, reservations.saga, reservations.instance) = (due.order_id, due.saga, due.instance)
    RETURNING due.order_id, due.saga, due.instance
), moved AS (
    UPDATE reservation_lines line SET expired = line.expired + line.held, held = 0
    FROM ended
    WHERE (line.order_id, line.saga, line.instance) = (ended.order_id, ended.saga, ended.instance) AND line.held > 0
    RETURNING line.order_id, line.line, line.sku, line.expired AS quantity
), sums AS MATERIALIZED (
    SELECT sku, sum(quantity)::bigint AS quantity FROM moved GROUP BY sku
), locked AS MATERIALIZED (
    SELECT item.sku, sums.quantity
    FROM stock_items item JOIN sums ON item.sku = sums.sku
    ORDER BY item.sku COLLATE "C"
    FOR NO KEY UPDATE OF item
), freed AS (
    UPDATE stock_items item
    SET reserved = item.reserved - locked.quantity, version = item.version + 1
    FROM locked
    WHERE item.sku = locked.sku
    RETURNING item.sku, item.on_hand, item.reserved, item.version
), journal AS (
    INSERT INTO movements (sku, line, kind, quantity, reference)
    SELECT sku, line, 'expire', quantity, order_id FROM moved ORDER BY order_id, line
)
SELECT sku, on_hand, reserved, version, (SELECT count(*) FROM ended) FROM freed ORDER BY sku COLLATE "C"`

// Expire ends at most limit holds that have run out, the oldest first, and
// returns the new levels and how many holds ended.
func Expire(ctx context.Context, q postgres.Querier, limit int) (levels []domain.Level, holds int, err error) {
	rows, err := q.QueryContext(ctx, expire, limit)
	if err != nil {
		return nil, 0, fmt.Errorf("expire holds: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var level domain.Level
		if err := rows.Scan(&level.SKU, &level.OnHand, &level.Reserved, &level.Version, &holds); err != nil {
			return nil, 0, fmt.Errorf("expire holds: %w", err)
		}
		levels = append(levels, level)
	}
	if err := rows.Err(); err != nil {
		return nil, 0, fmt.Errorf("expire holds: %w", err)
	}
	return levels, holds, nil
}
