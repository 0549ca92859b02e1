package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/services/inventory/internal/domain"
)

// reserve holds all lines or none, in one statement. Each line has its own reservation; two lines
// of one SKU need the sum of both. Why it is safe under READ COMMITTED, where the statement's
// snapshot is older than the locks it waits for:
//
//   - locked takes the rows in the order of their SKU (the lock is above the sort in the plan), so
//     two orders never deadlock. After a wait PostgreSQL returns the row as the other transaction left it (EvalPlanQual), so available is the current value, not the snapshot's.
//   - short compares every wanted row with what was locked, so nothing is written before every lock
//     is held; from then on no one else can change a level.
//   - stocked writes the levels of locked. It cannot add to item's own columns: the update first
//     builds the new row from the snapshot's version and checks the table's constraints on that,
//     and only then finds the newer version and builds it again. With item.reserved + quantity, an
//     order that waited for a release or a delivery would fail by a constraint that is not
//     violated. So every column that a constraint looks at comes from locked.
//
// A wanted SKU without a row is short with 0 available. The clock is read when the hold is granted:
// time spent waiting for locks is not the shopper's.
const reserve = `
WITH ordered AS MATERIALIZED (
    SELECT number, sku COLLATE "C" AS sku, quantity
    FROM unnest($4::integer[], $5::text[], $6::bigint[]) AS line (number, sku, quantity)
), wanted AS MATERIALIZED (
    SELECT sku, sum(quantity)::bigint AS quantity FROM ordered GROUP BY sku
), locked AS MATERIALIZED (
    SELECT wanted.quantity, item.*
    FROM stock_items item JOIN wanted ON item.sku = wanted.sku
    ORDER BY item.sku COLLATE "C"
    FOR NO KEY UPDATE OF item
), short AS MATERIALIZED (
    SELECT wanted.sku, wanted.quantity, coalesce(locked.on_hand - locked.reserved, 0) AS available
    FROM wanted LEFT JOIN locked ON locked.sku = wanted.sku
    WHERE wanted.quantity > coalesce(locked.on_hand - locked.reserved, 0)
), granted AS (
    INSERT INTO reservations (order_id, saga, instance, state, reserved_at, expires_at)
    SELECT $1::uuid, $2::text, $3::uuid, 'held', clock_timestamp(), clock_timestamp() + make_interval(secs => $7::double precision)
    WHERE NOT EXISTS (SELECT FROM short)
    RETURNING reserved_at, expires_at
), stocked AS (
    UPDATE stock_items item
    SET reserved = locked.reserved + locked.quantity, version = locked.version + 1,
        on_hand = locked.on_hand, received = locked.received, shipped = locked.shipped, returned = locked.returned,
        written_off = locked.written_off
    FROM locked
    WHERE item.sku = locked.sku AND NOT EXISTS (SELECT FROM short)
    RETURNING item.sku, locked.quantity, item.on_hand, item.reserved, item.version
), lines AS (
    INSERT INTO reservation_lines (order_id, saga, instance, line, sku, reserved, held)
    SELECT $1::uuid, $2::text, $3::uuid, number, sku, quantity, quantity
    FROM ordered WHERE NOT EXISTS (SELECT FROM short)
), journal AS (
    INSERT INTO movements (sku, line, kind, quantity, reference)
    SELECT sku, number, 'reserve', quantity, $1::uuid
    FROM ordered WHERE NOT EXISTS (SELECT FROM short) ORDER BY number
)
SELECT sku, quantity, available, 0 AS on_hand, 0 AS reserved, 0 AS version, NULL AS reserved_at, NULL AS expires_at
FROM short
UNION ALL
SELECT sku, quantity, 0, on_hand, reserved, version, reserved_at, expires_at
FROM stocked CROSS JOIN granted
ORDER BY sku`

// Hold is the time of a hold, by the database's clock.
type Hold struct {
	ReservedAt time.Time `json:"reserved_at"`
	ExpiresAt  time.Time `json:"expires_at"`
}

// Reserve holds the lines of an order for a time and returns the hold and the new levels, or
// refuses with out_of_stock and the SKUs that are short.
func Reserve(ctx context.Context, q postgres.Querier, id domain.ReservationID, lines []domain.Line, holdFor time.Duration) (hold Hold, levels []domain.Level, err error) {
	numbers, skus, quantities := columns(lines)
	rows, err := q.QueryContext(ctx, reserve, id.OrderID, id.Saga, id.Instance, numbers, skus, quantities, holdFor.Seconds())
	if err != nil {
		return Hold{}, nil, fmt.Errorf("reserve %d lines for %s: %w", len(lines), id, err)
	}
	defer rows.Close()
	var shortages []refusals.Shortage
	for rows.Next() {
		var level domain.Level
		var quantity, available int64
		var reserved, expires sql.NullTime
		if err := rows.Scan(&level.SKU, &quantity, &available, &level.OnHand, &level.Reserved, &level.Version, &reserved, &expires); err != nil {
			return Hold{}, nil, fmt.Errorf("reserve %d lines for %s: %w", len(lines), id, err)
		}
		if !expires.Valid {
			shortages = append(shortages, refusals.Shortage{SKU: level.SKU, Requested: quantity, Available: available})
			continue
		}
		hold = Hold{ReservedAt: reserved.Time.UTC(), ExpiresAt: expires.Time.UTC()}
		levels = append(levels, level)
	}
	if err := rows.Err(); err != nil {
		return Hold{}, nil, fmt.Errorf("reserve %d lines for %s: %w", len(lines), id, err)
	}
	if len(shortages) > 0 {
		return Hold{}, nil, outOfStock(shortages)
	}
	return hold, levels, nil
}

func outOfStock(shortages []refusals.Shortage) error {
	message := fmt.Sprintf("Not enough of %s: %d wanted, %d left", shortages[0].SKU, shortages[0].Requested, shortages[0].Available)
	if more := len(shortages) - 1; more > 0 {
		message += fmt.Sprintf(", and %d more SKUs are short", more)
	}
	var details refusals.OutOfStockDetails
	details.Shortages, details.More = refusals.Named(shortages)
	return refusal.New(refusals.OutOfStock, message, details)
}

// columns turns lines into the arrays for unnest.
func columns(lines []domain.Line) (numbers []int32, skus []string, quantities []int64) {
	numbers, skus, quantities = make([]int32, len(lines)), make([]string, len(lines)), make([]int64, len(lines))
	for i, line := range lines {
		numbers[i], skus[i], quantities[i] = line.Number, line.SKU, line.Quantity
	}
	return numbers, skus, quantities
}

// selectLevels runs a statement that returns sku, on_hand, reserved and version.
func selectLevels(ctx context.Context, q postgres.Querier, statement string, args ...any) ([]domain.Level, error) {
	return postgres.Select(ctx, q, func(l *domain.Level) []any {
		return []any{&l.SKU, &l.OnHand, &l.Reserved, &l.Version}
	}, statement, args...)
}
