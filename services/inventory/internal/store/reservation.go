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

// ErrNoReservation means that the order never reserved anything here.
var ErrNoReservation = errors.New("no reservation")

// lockReservation reads the clock outside of the query that locks: inside, it
// would be read before the wait, and a hold that ran out while waiting would
// still look alive.
const lockReservation = `
WITH locked AS MATERIALIZED (
    SELECT state, expires_at FROM reservations WHERE order_id = $1 FOR NO KEY UPDATE
)
SELECT state, expires_at, clock_timestamp() FROM locked`

// UpdateReservation locks an order's reservation, lets change decide what it
// becomes at the database's time, and stores that. Its lines and levels are for
// the caller to follow up, who is told whether the state is a new one.
func UpdateReservation(ctx context.Context, q postgres.Querier, orderID string, change func(r *domain.Reservation, now time.Time) error) (changed bool, err error) {
	var state domain.State
	var expiresAt, now time.Time
	err = q.QueryRowContext(ctx, lockReservation, orderID).Scan(&state, &expiresAt, &now)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return false, fmt.Errorf("order %s: %w", orderID, ErrNoReservation)
	case err != nil:
		return false, fmt.Errorf("lock the reservation of order %s: %w", orderID, err)
	}
	reservation := domain.NewReservation(orderID, state, expiresAt)
	if err := change(reservation, now); err != nil {
		return false, err
	}
	if reservation.State() == state {
		return false, nil
	}
	_, err = q.ExecContext(ctx, `UPDATE reservations SET state = $2, updated_at = clock_timestamp() WHERE order_id = $1`,
		orderID, reservation.State())
	if err != nil {
		return false, fmt.Errorf("store the reservation of order %s as %s: %w", orderID, reservation.State(), err)
	}
	return true, nil
}

// History is when an order's stock was reserved and, if it is, freed, by the
// database's clock.
type History struct {
	ReservedAt, ExpiresAt time.Time
	FreedAt               time.Time // zero while it is held or allocated
}

// FindHistory reads the history of an order's reservation and tells whether there is one.
func FindHistory(ctx context.Context, db *postgres.DB, orderID string) (history History, found bool, err error) {
	var freed sql.NullTime
	err = db.SQL.QueryRowContext(ctx, `
		SELECT created_at, expires_at, CASE WHEN state IN ('released', 'expired') THEN updated_at END
		FROM reservations WHERE order_id = $1`, orderID).Scan(&history.ReservedAt, &history.ExpiresAt, &freed)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return History{}, false, nil
	case err != nil:
		return History{}, false, fmt.Errorf("read the history of the reservation of order %s: %w", orderID, err)
	}
	history.FreedAt = freed.Time
	return history, true, nil
}

// RecordAllocation writes the journal of a hold that became an allocation. No
// level changes: what was reserved stays reserved.
func RecordAllocation(ctx context.Context, q postgres.Querier, orderID string) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO movements (sku, kind, quantity, reference)
		SELECT sku, 'allocate', quantity, order_id FROM reservation_lines WHERE order_id = $1 ORDER BY sku`, orderID)
	if err != nil {
		return fmt.Errorf("record the allocation of order %s: %w", orderID, err)
	}
	return nil
}

// free gives back what an order has reserved, locking by SKU as reserve does. It
// may subtract from item's own columns, where reserve may not add: the snapshot's
// version has the order's quantity in it, so the row that is first built from it
// passes the constraints, and the newest version is what is written.
const free = `
WITH locked AS MATERIALIZED (
    SELECT item.sku, line.quantity
    FROM reservation_lines line JOIN stock_items item ON item.sku = line.sku
    WHERE line.order_id = $1
    ORDER BY item.sku
    FOR NO KEY UPDATE OF item
), freed AS (
    UPDATE stock_items item
    SET reserved = item.reserved - locked.quantity, version = item.version + 1
    FROM locked
    WHERE item.sku = locked.sku
    RETURNING item.sku, locked.quantity, item.on_hand, item.reserved, item.version
), journal AS (
    INSERT INTO movements (sku, kind, quantity, reference)
    SELECT sku, 'release', quantity, $1 FROM freed ORDER BY sku
)
SELECT sku, on_hand, reserved, version FROM freed ORDER BY sku`

// Free gives back the lines of a reservation that was live until this
// transaction, and returns the new levels.
func Free(ctx context.Context, q postgres.Querier, orderID string) ([]domain.Level, error) {
	rows, err := q.QueryContext(ctx, free, orderID)
	if err != nil {
		return nil, fmt.Errorf("free the stock of order %s: %w", orderID, err)
	}
	levels, err := scanLevels(rows)
	if err != nil {
		return nil, fmt.Errorf("free the stock of order %s: %w", orderID, err)
	}
	return levels, nil
}
