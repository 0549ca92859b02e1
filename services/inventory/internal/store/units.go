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

// The kinds of movement that take units out of an allocation. Units that are written off are
// released and leave the stock.
const (
	releaseKind  = "release"
	shipKind     = "ship"
	writeOffKind = "write_off"
)

// takeUnits takes units of lines of a locked reservation out of its allocation, to be released,
// written off or shipped, all or none: none when a line has fewer allocated, or another SKU, and the first such
// line is returned. The reservation is shipped when its first units leave, and released when
// nothing is left of it. Stock items are locked as in release, and subtracting from item's own
// columns is safe for the same reason.
const takeUnits = `
WITH wanted AS MATERIALIZED (
    SELECT number, sku COLLATE "C" AS sku, quantity
    FROM unnest($4::integer[], $5::text[], $6::bigint[]) AS line (number, sku, quantity)
), short AS MATERIALIZED (
    SELECT wanted.number, coalesce(line.allocated, 0) AS allocated
    FROM wanted LEFT JOIN reservation_lines line
        ON line.order_id = $1 AND line.saga = $2 AND line.instance = $3 AND line.line = wanted.number AND line.sku = wanted.sku
    WHERE coalesce(line.allocated, 0) < wanted.quantity
    ORDER BY wanted.number LIMIT 1
), moved AS (
    UPDATE reservation_lines line
    SET allocated = allocated - wanted.quantity,
        released = released + CASE WHEN $7 = 'ship' THEN 0 ELSE wanted.quantity END,
        shipped = shipped + CASE WHEN $7 = 'ship' THEN wanted.quantity ELSE 0 END
    FROM wanted
    WHERE line.order_id = $1 AND line.saga = $2 AND line.instance = $3 AND line.line = wanted.number AND NOT EXISTS (SELECT FROM short)
    RETURNING line.line, line.sku, wanted.quantity
), changed AS (
    UPDATE reservations
    SET state = CASE WHEN $7 = 'ship' THEN 'shipped' ELSE 'released' END,
        freed_at = CASE WHEN $7 = 'ship' THEN NULL ELSE clock_timestamp() END
    WHERE order_id = $1 AND saga = $2 AND instance = $3 AND NOT EXISTS (SELECT FROM short)
        AND ($7 = 'ship'
            OR (SELECT sum(held + allocated + shipped) FROM reservation_lines WHERE order_id = $1 AND saga = $2 AND instance = $3)
                = (SELECT sum(quantity) FROM wanted))
    RETURNING coalesce(freed_at, clock_timestamp()) AS at
), sums AS MATERIALIZED (
    SELECT sku, sum(quantity)::bigint AS quantity FROM moved GROUP BY sku
), locked AS MATERIALIZED (
    SELECT item.sku, sums.quantity, CASE WHEN $7 = 'ship' THEN sums.quantity ELSE 0 END AS shipped,
        CASE WHEN $7 = 'write_off' THEN sums.quantity ELSE 0 END AS written_off
    FROM stock_items item JOIN sums ON item.sku = sums.sku
    ORDER BY item.sku COLLATE "C"
    FOR NO KEY UPDATE OF item
), stocked AS (
    UPDATE stock_items item
    SET reserved = item.reserved - locked.quantity, on_hand = item.on_hand - locked.shipped - locked.written_off,
        shipped = item.shipped + locked.shipped, written_off = item.written_off + locked.written_off, version = item.version + 1
    FROM locked
    WHERE item.sku = locked.sku
    RETURNING item.sku, item.on_hand, item.reserved, item.version
), journal AS (
    INSERT INTO movements (sku, line, kind, quantity, reference)
    SELECT sku, line, kind, quantity, $1
    FROM moved, unnest(CASE WHEN $7 = 'write_off' THEN ARRAY['release', 'write_off'] ELSE ARRAY[$7] END) AS kind ORDER BY line, kind
)
SELECT '' AS sku, number::bigint AS on_hand, allocated AS reserved, 0 AS version, NULL::timestamptz AS at FROM short
UNION ALL
SELECT sku, on_hand, reserved, version, (SELECT at FROM changed) FROM stocked`

// ReleaseUnits frees units of lines of a reservation that were allocated, and returns the levels
// that changed and when nothing was left of the reservation; zero when something is. Refused with
// not_allocated when a line has fewer units allocated.
func ReleaseUnits(ctx context.Context, q postgres.Querier, id domain.ReservationID, lines []domain.Line) (levels []domain.Level, freedAt time.Time, err error) {
	return take(ctx, q, releaseKind, id, lines)
}

// WriteOffUnits releases units as ReleaseUnits does, and takes them off the stock.
func WriteOffUnits(ctx context.Context, q postgres.Querier, id domain.ReservationID, lines []domain.Line) (levels []domain.Level, freedAt time.Time, err error) {
	return take(ctx, q, writeOffKind, id, lines)
}

// ShipUnits takes units of lines of a reservation that were allocated off the stock, and returns
// the levels that changed and when. Refused with not_allocated when a line has fewer units
// allocated.
func ShipUnits(ctx context.Context, q postgres.Querier, id domain.ReservationID, lines []domain.Line) (levels []domain.Level, shippedAt time.Time, err error) {
	return take(ctx, q, shipKind, id, lines)
}

func take(ctx context.Context, q postgres.Querier, kind string, id domain.ReservationID, lines []domain.Line) (levels []domain.Level, at time.Time, err error) {
	var state domain.State
	var expiresAt, now time.Time
	err = q.QueryRowContext(ctx, lockReservation, id.OrderID, id.Saga, id.Instance).Scan(&state, &expiresAt, &now)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, time.Time{}, notAllocated(lines[0].Number, 0)
	case err != nil:
		return nil, time.Time{}, fmt.Errorf("lock the reservation of %s: %w", id, err)
	}
	numbers, skus, quantities := columns(lines)
	var changed sql.NullTime
	levels, err = postgres.Select(ctx, q, func(l *domain.Level) []any {
		return []any{&l.SKU, &l.OnHand, &l.Reserved, &l.Version, &changed}
	}, takeUnits, id.OrderID, id.Saga, id.Instance, numbers, skus, quantities, kind)
	switch {
	case err != nil:
		return nil, time.Time{}, fmt.Errorf("%s units of %d lines of %s: %w", kind, len(lines), id, err)
	case len(levels) == 1 && levels[0].SKU == "": // a line of which fewer are allocated
		return nil, time.Time{}, notAllocated(int32(levels[0].OnHand), levels[0].Reserved)
	}
	return levels, changed.Time.UTC(), nil
}

func notAllocated(line int32, allocated int64) error {
	return refusal.New(refusals.NotAllocated, fmt.Sprintf("Line %d has only %d units allocated", line, allocated), nil)
}
