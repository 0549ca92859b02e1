package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/services/inventory/internal/domain"
)

// releaseUnits frees units of lines of a locked reservation, all or none: none when a line has fewer
// allocated, and the first such line is returned. The reservation is released when nothing is left of
// it. Stock items are locked as in release.
const releaseUnits = `
WITH wanted AS MATERIALIZED (
    SELECT number, quantity FROM unnest($4::integer[], $5::bigint[]) AS line (number, quantity)
), short AS MATERIALIZED (
    SELECT wanted.number, coalesce(line.allocated, 0) AS allocated
    FROM wanted LEFT JOIN reservation_lines line
        ON line.order_id = $1 AND line.saga = $2 AND line.instance = $3 AND line.line = wanted.number
    WHERE coalesce(line.allocated, 0) < wanted.quantity
    ORDER BY wanted.number LIMIT 1
), moved AS (
    UPDATE reservation_lines line SET allocated = allocated - wanted.quantity, released = released + wanted.quantity
    FROM wanted
    WHERE line.order_id = $1 AND line.saga = $2 AND line.instance = $3 AND line.line = wanted.number AND NOT EXISTS (SELECT FROM short)
    RETURNING line.line, line.sku, wanted.quantity
), ended AS (
    UPDATE reservations SET state = 'released', freed_at = clock_timestamp()
    WHERE order_id = $1 AND saga = $2 AND instance = $3 AND NOT EXISTS (SELECT FROM short)
        AND (SELECT sum(held + allocated + shipped) FROM reservation_lines WHERE order_id = $1 AND saga = $2 AND instance = $3)
            = (SELECT sum(quantity) FROM wanted)
    RETURNING freed_at
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
    SELECT sku, line, 'release', quantity, $1 FROM moved ORDER BY line
)
SELECT '' AS sku, number::bigint AS on_hand, allocated AS reserved, 0 AS version, NULL::timestamptz AS freed_at FROM short
UNION ALL
SELECT sku, on_hand, reserved, version, (SELECT freed_at FROM ended) FROM freed`

// ReleaseUnits frees units of lines of a reservation that were allocated, and returns the levels
// that changed and when nothing was left of the reservation; zero when something is. Refused with
// not_allocated when a line has fewer units allocated.
func ReleaseUnits(ctx context.Context, q postgres.Querier, id domain.ReservationID, lines []domain.Line) (levels []domain.Level, freedAt time.Time, err error) {
	var state domain.State
	var expiresAt, now time.Time
	err = q.QueryRowContext(ctx, lockReservation, id.OrderID, id.Saga, id.Instance).Scan(&state, &expiresAt, &now)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, time.Time{}, notAllocated(lines[0].Number, 0)
	case err != nil:
		return nil, time.Time{}, fmt.Errorf("lock the reservation of %s: %w", id, err)
	}
	numbers, _, quantities := columns(lines)
	var freed sql.NullTime
	levels, err = postgres.Select(ctx, q, func(l *domain.Level) []any {
		return []any{&l.SKU, &l.OnHand, &l.Reserved, &l.Version, &freed}
	}, releaseUnits, id.OrderID, id.Saga, id.Instance, numbers, quantities)
	switch {
	case err != nil:
		return nil, time.Time{}, fmt.Errorf("release units of %d lines of %s: %w", len(lines), id, err)
	case len(levels) == 1 && levels[0].SKU == "": // a line of which fewer are allocated
		return nil, time.Time{}, notAllocated(int32(levels[0].OnHand), levels[0].Reserved)
	}
	return levels, freed.Time, nil
}

func notAllocated(line int32, allocated int64) error {
	return refusal.New(refusals.NotAllocated, fmt.Sprintf("Line %d has only %d units allocated", line, allocated), nil)
}
