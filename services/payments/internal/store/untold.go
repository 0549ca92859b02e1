package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/platform/postgres"
)

// Untold is an order whose money changed at the provider by itself, and that does not know it.
type Untold struct {
	OrderID string
	Since   time.Time // of the last change
}

func addUntold(ctx context.Context, tx *postgres.Tx, orderID string, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO untold (order_id, since, due_at) VALUES ($1, $2, $2)
		ON CONFLICT (order_id) DO UPDATE SET since = excluded.since, due_at = excluded.due_at`, orderID, now)
	if err != nil {
		return fmt.Errorf("note that order %s has to be told: %w", orderID, err)
	}
	return nil
}

// TakeUntold returns orders that are due to be told, the longest due first, and makes them due again
// after a pause: for another process, or when telling fails.
func (s *Store) TakeUntold(ctx context.Context, limit int, pause time.Duration) ([]Untold, error) {
	taken, err := scanAll(ctx, s.db.SQL, func(row *sql.Rows) (u Untold, err error) {
		return u, row.Scan(&u.OrderID, &u.Since)
	}, `
		WITH due AS (
		    SELECT order_id FROM untold WHERE due_at <= clock_timestamp() ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
		)
		UPDATE untold SET due_at = clock_timestamp() + $2 * interval '1 microsecond'
		FROM due WHERE untold.order_id = due.order_id
		RETURNING untold.order_id, untold.since`, limit, pause.Microseconds())
	if err != nil {
		return nil, fmt.Errorf("take orders to tell: %w", err)
	}
	return taken, nil
}

// Told forgets an order that was told, unless something changed meanwhile.
func (s *Store) Told(ctx context.Context, told Untold) error {
	_, err := s.db.SQL.ExecContext(ctx, `DELETE FROM untold WHERE order_id = $1 AND since = $2`, told.OrderID, told.Since)
	if err != nil {
		return fmt.Errorf("forget that order %s has to be told: %w", told.OrderID, err)
	}
	return nil
}

// UntoldOf returns which of these orders do not know yet what became of their money.
func (s *Store) UntoldOf(ctx context.Context, orderIDs []string) (map[string]bool, error) {
	found, err := scanAll(ctx, s.db.SQL, func(row *sql.Rows) (id string, err error) { return id, row.Scan(&id) },
		`SELECT order_id FROM untold WHERE order_id = ANY($1::uuid[])`, orderIDs)
	if err != nil {
		return nil, fmt.Errorf("read which orders have to be told: %w", err)
	}
	untold := make(map[string]bool, len(found))
	for _, id := range found {
		untold[id] = true
	}
	return untold, nil
}
