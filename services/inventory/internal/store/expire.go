package store

import (
	"context"
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/inventory/internal/domain"
)

// DueHold is a hold that has run out.
type DueHold struct {
	ID        domain.ReservationID
	ExpiresAt time.Time
}

// DueHolds reads at most limit holds that have run out, the oldest first, behind one; behind the
// zero value is from the start.
func DueHolds(ctx context.Context, db *postgres.DB, after DueHold, limit int) ([]DueHold, error) {
	if after.ID.OrderID == "" {
		after.ID = domain.ReservationID{OrderID: zeroUUID, Instance: zeroUUID}
	}
	rows, err := db.SQL.QueryContext(ctx, `
		SELECT order_id, saga, instance, expires_at FROM reservations
		WHERE state = 'held' AND expires_at <= statement_timestamp()
			AND (expires_at, order_id, saga COLLATE "C", instance) > ($1, $2::uuid, $3 COLLATE "C", $4::uuid)
		ORDER BY expires_at, order_id, saga COLLATE "C", instance
		LIMIT $5`, after.ExpiresAt, after.ID.OrderID, after.ID.Saga, after.ID.Instance, limit)
	if err != nil {
		return nil, fmt.Errorf("read the holds that have run out: %w", err)
	}
	defer rows.Close()
	var due []DueHold
	for rows.Next() {
		var hold DueHold
		if err := rows.Scan(&hold.ID.OrderID, &hold.ID.Saga, &hold.ID.Instance, &hold.ExpiresAt); err != nil {
			return nil, fmt.Errorf("read the holds that have run out: %w", err)
		}
		due = append(due, hold)
	}
	return due, rows.Err()
}

// expire ends holds that have run out and frees their stock, all in one statement. A hold that
// somebody else has locked is being allocated, released or swept right now: it is left to them and,
// if it still is a hold afterwards, to the next sweep. A hold that was allocated since it was read
// fails the condition. A line is held once, so what is expired of it now is what was held.
const expire = `
WITH due AS MATERIALIZED (
    SELECT order_id, saga, instance FROM reservations
    WHERE state = 'held' AND expires_at <= statement_timestamp()
        AND (order_id, saga, instance) IN (SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[]))
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

// Expire ends those of the holds that have run out, and returns the new levels and how many ended.
func Expire(ctx context.Context, q postgres.Querier, ids ...domain.ReservationID) (levels []domain.Level, holds int, err error) {
	orders, sagas, instances := make([]string, len(ids)), make([]string, len(ids)), make([]string, len(ids))
	for i, id := range ids {
		orders[i], sagas[i], instances[i] = id.OrderID, id.Saga, id.Instance
	}
	rows, err := q.QueryContext(ctx, expire, orders, sagas, instances)
	if err != nil {
		return nil, 0, fmt.Errorf("expire %d holds, the first of %s: %w", len(ids), ids[0], err)
	}
	defer rows.Close()
	for rows.Next() {
		var level domain.Level
		if err := rows.Scan(&level.SKU, &level.OnHand, &level.Reserved, &level.Version, &holds); err != nil {
			return nil, 0, fmt.Errorf("expire %d holds, the first of %s: %w", len(ids), ids[0], err)
		}
		levels = append(levels, level)
	}
	if err := rows.Err(); err != nil {
		return nil, 0, fmt.Errorf("expire %d holds, the first of %s: %w", len(ids), ids[0], err)
	}
	return levels, holds, nil
}
