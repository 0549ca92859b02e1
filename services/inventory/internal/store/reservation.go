package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/inventory/internal/domain"
)

// ErrNoReservation means that the saga has no reservation.
var ErrNoReservation = errors.New("no reservation")

// lockReservation reads the clock outside of the query that locks: inside, it would be read before
// the wait for the lock, and a hold that ran out during the wait would still be valid.
const lockReservation = `
WITH locked AS MATERIALIZED (
    SELECT state, expires_at FROM reservations
    WHERE order_id = $1 AND saga = $2 AND instance = $3
    FOR NO KEY UPDATE
)
SELECT state, expires_at, clock_timestamp() FROM locked`

// UpdateReservation locks a reservation, calls change with the database's time, moves the units of
// its lines to the new state, and returns the levels that changed.
func UpdateReservation(ctx context.Context, q postgres.Querier, id domain.ReservationID, change func(r *domain.Reservation, now time.Time) error) ([]domain.Level, error) {
	var state domain.State
	var expiresAt, now time.Time
	err := q.QueryRowContext(ctx, lockReservation, id.OrderID, id.Saga, id.Instance).Scan(&state, &expiresAt, &now)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, fmt.Errorf("%s: %w", id, ErrNoReservation)
	case err != nil:
		return nil, fmt.Errorf("lock the reservation of %s: %w", id, err)
	}
	reservation := domain.NewReservation(id, state, expiresAt)
	if err := change(reservation, now); err != nil || reservation.State() == state {
		return nil, err
	}
	switch reservation.State() {
	case domain.Allocated:
		return nil, moveToAllocated(ctx, q, id)
	case domain.Released:
		return moveToReleased(ctx, q, id)
	default:
		return nil, fmt.Errorf("the reservation of %s cannot become %s", id, reservation.State())
	}
}

// allocate turns a locked hold into an allocation. No level changes: the reserved units are the
// same. A line is held once, so its allocated units are those that were held.
const allocate = `
WITH reservation AS (
    UPDATE reservations SET state = 'allocated' WHERE order_id = $1 AND saga = $2 AND instance = $3
), moved AS (
    UPDATE reservation_lines SET allocated = allocated + held, held = 0
    WHERE order_id = $1 AND saga = $2 AND instance = $3 AND held > 0
    RETURNING sku, line, allocated AS quantity
)
INSERT INTO movements (sku, line, kind, quantity, reference)
SELECT sku, line, 'allocate', quantity, $1 FROM moved ORDER BY line`

func moveToAllocated(ctx context.Context, q postgres.Querier, id domain.ReservationID) error {
	if _, err := q.ExecContext(ctx, allocate, id.OrderID, id.Saga, id.Instance); err != nil {
		return fmt.Errorf("allocate the stock of %s: %w", id, err)
	}
	return nil
}

// release frees the units that a locked reservation holds or was allocated, and locks stock items
// by SKU as reserve does. It may subtract from item's own columns, where reserve may not add: the
// row in the snapshot includes the order's quantity, so the first new row passes the constraints,
// and then the newest version is written.
const release = `
WITH reservation AS (
    UPDATE reservations SET state = 'released', freed_at = clock_timestamp()
    WHERE order_id = $1 AND saga = $2 AND instance = $3
), live AS MATERIALIZED (
    SELECT line, sku, held + allocated AS quantity FROM reservation_lines
    WHERE order_id = $1 AND saga = $2 AND instance = $3 AND held + allocated > 0
), moved AS (
    UPDATE reservation_lines SET released = released + held + allocated, held = 0, allocated = 0
    WHERE order_id = $1 AND saga = $2 AND instance = $3 AND held + allocated > 0
), sums AS MATERIALIZED (
    SELECT sku, sum(quantity)::bigint AS quantity FROM live GROUP BY sku
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
    SELECT sku, line, 'release', quantity, $1 FROM live ORDER BY line
)
SELECT sku, on_hand, reserved, version FROM freed ORDER BY sku COLLATE "C"`

func moveToReleased(ctx context.Context, q postgres.Querier, id domain.ReservationID) ([]domain.Level, error) {
	levels, err := selectLevels(ctx, q, release, id.OrderID, id.Saga, id.Instance)
	if err != nil {
		return nil, fmt.Errorf("release the stock of %s: %w", id, err)
	}
	return levels, nil
}

// History is when stock was reserved and, if it is, freed, by the database's clock.
type History struct {
	ReservedAt, ExpiresAt time.Time
	FreedAt               time.Time // zero while it is held, allocated or shipped
}

// FindHistory reads the history of a reservation; found is false when there is none.
func FindHistory(ctx context.Context, db *postgres.DB, id domain.ReservationID) (history History, found bool, err error) {
	var freed sql.NullTime
	err = db.SQL.QueryRowContext(ctx, `
		SELECT reserved_at, expires_at, freed_at FROM reservations WHERE order_id = $1 AND saga = $2 AND instance = $3`,
		id.OrderID, id.Saga, id.Instance).Scan(&history.ReservedAt, &history.ExpiresAt, &freed)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return History{}, false, nil
	case err != nil:
		return History{}, false, fmt.Errorf("read the history of the reservation of %s: %w", id, err)
	}
	history.FreedAt = freed.Time
	return history, true, nil
}
