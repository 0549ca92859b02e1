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

// DueHolds reads at most limit holds that have run out after another one, the oldest first; the
// zero value is before the first.
func DueHolds(ctx context.Context, db *postgres.DB, after DueHold, limit int) ([]DueHold, error) {
	if after.ID.OrderID == "" {
		after.ID = domain.ReservationID{OrderID: zeroUUID, Instance: zeroUUID}
	}
	due, err := postgres.Select(ctx, db.SQL, func(h *DueHold) []any {
		return []any{&h.ID.OrderID, &h.ID.Saga, &h.ID.Instance, &h.ExpiresAt}
	}, `
		SELECT order_id, saga, instance, expires_at FROM reservations
		WHERE state = 'held' AND expires_at <= statement_timestamp()
			AND (expires_at, order_id, saga COLLATE "C", instance) > ($1, $2::uuid, $3 COLLATE "C", $4::uuid)
		ORDER BY expires_at, order_id, saga COLLATE "C", instance
		LIMIT $5`, after.ExpiresAt, after.ID.OrderID, after.ID.Saga, after.ID.Instance, limit)
	if err != nil {
		return nil, fmt.Errorf("read the holds that have run out: %w", err)
	}
	return due, nil
}

// expire ends holds that have run out and frees their stock, all in one statement. A hold that
// another transaction has locked is being allocated, released or swept: it is skipped, and the next
// sweep ends it if it is still a hold. A hold that was allocated since it was read does not match
// the condition. A line is held once, so its expired units are those that were held.
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

// Expire ends those of the holds that have run out, and returns the new levels and the number of
// holds ended.
func Expire(ctx context.Context, q postgres.Querier, ids ...domain.ReservationID) (levels []domain.Level, holds int, err error) {
	orders, sagas, instances := make([]string, len(ids)), make([]string, len(ids)), make([]string, len(ids))
	for i, id := range ids {
		orders[i], sagas[i], instances[i] = id.OrderID, id.Saga, id.Instance
	}
	levels, err = postgres.Select(ctx, q, func(l *domain.Level) []any {
		return []any{&l.SKU, &l.OnHand, &l.Reserved, &l.Version, &holds}
	}, expire, orders, sagas, instances)
	if err != nil {
		return nil, 0, fmt.Errorf("expire %d holds, the first of %s: %w", len(ids), ids[0], err)
	}
	return levels, holds, nil
}
