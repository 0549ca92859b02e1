// Package store keeps payments, which are the folds of their operations, in PostgreSQL.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
)

// ErrNoPayment means that nothing was ever asked for an order.
var ErrNoPayment = errors.New("the order has no payment")

// Store is payments' database.
type Store struct{ db *postgres.DB }

// New makes a store on a migrated database.
func New(db *postgres.DB) *Store { return &Store{db: db} }

// Change is a verb of a payment, at the time of the database's clock: the one clock of all
// processes. It may run several times and must not keep anything of an earlier run.
type Change func(p *domain.Payment, now time.Time) error

// Update runs a change on an order's payment and stores what became of its operations, in one
// transaction that holds the payment's row: all that moves an order's money is decided one after
// the other. After an error of the change nothing is stored.
func (s *Store) Update(ctx context.Context, orderID string, change Change) (payment *domain.Payment, err error) {
	err = s.db.InTx(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		var now time.Time
		if payment, now, err = lock(ctx, tx, orderID); err != nil {
			return fmt.Errorf("read the payment of order %s: %w", orderID, err)
		}
		before := make([]domain.Operation, len(payment.Operations))
		for i, op := range payment.Operations {
			before[i] = *op
		}
		if err := change(payment, now); err != nil {
			return err
		}
		untold := false
		for i, op := range payment.Operations {
			var was domain.Operation
			if i < len(before) {
				was = before[i]
			}
			if was == *op {
				continue
			}
			if err := save(ctx, tx, op); err != nil {
				return fmt.Errorf("write %s of %s as %s: %w", op.Kind, op.Step, op.State, err)
			}
			untold = untold || op.ChangedByItself(&was)
			if entry, moves := domain.EntryOf(&was, op, now); moves {
				if err := enter(ctx, tx, entry); err != nil {
					return fmt.Errorf("write the ledger's entry %s: %w", entry.ID, err)
				}
			}
		}
		if untold {
			return addUntold(ctx, tx, orderID, now)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return payment, nil
}

// lockOrMake locks the row of an order's payment; the first who asks makes it. Two who make it at the
// same time meet in the update, which changes nothing but waits and locks. The clock is read after
// the wait: a lease must not be judged by an older clock than its holder's.
const lockOrMake = `
WITH locked AS (
	SELECT id, created_at FROM payments WHERE order_id = $2 FOR UPDATE
), made AS (
	INSERT INTO payments (id, order_id, created_at)
	SELECT $1::uuid, $2::uuid, clock_timestamp() WHERE NOT EXISTS (SELECT FROM locked)
	ON CONFLICT (order_id) DO UPDATE SET order_id = excluded.order_id
	RETURNING id, created_at, xmax = 0 AS inserted
)
SELECT id, created_at, inserted, clock_timestamp() FROM made
UNION ALL
SELECT id, created_at, false, clock_timestamp() FROM locked`

// lock reads an order's payment and keeps others from it.
func lock(ctx context.Context, tx *postgres.Tx, orderID string) (payment *domain.Payment, now time.Time, err error) {
	payment = &domain.Payment{OrderID: orderID}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, now, fmt.Errorf("make an id: %w", err)
	}
	var made bool
	err = tx.QueryRowContext(ctx, lockOrMake, id, orderID).Scan(&payment.ID, &payment.CreatedAt, &made, &now)
	if err != nil {
		return nil, now, err
	}
	payment.CreatedAt = payment.CreatedAt.UTC()
	if made {
		return payment, now.UTC(), nil // nobody can have asked for an operation
	}
	payment.Operations, err = operations(ctx, tx, []string{orderID})
	return payment, now.UTC(), err
}

// Payment returns an order's payment, or ErrNoPayment.
func (s *Store) Payment(ctx context.Context, orderID string) (*domain.Payment, error) {
	found, err := s.Payments(ctx, []string{orderID})
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, fmt.Errorf("order %s: %w", orderID, ErrNoPayment)
	}
	return found[0], nil
}

// Payments reads the payments of these orders, in the order of their ids; those without one are
// left out.
func (s *Store) Payments(ctx context.Context, orderIDs []string) ([]*domain.Payment, error) {
	return s.read(ctx, `SELECT id, order_id, created_at FROM payments WHERE order_id = ANY($1::uuid[]) ORDER BY order_id`, orderIDs)
}

// Page reads at most limit payments whose orders' ids come after one, in the order of these ids;
// after "" is from the start.
func (s *Store) Page(ctx context.Context, after string, limit int) ([]*domain.Payment, error) {
	if after == "" {
		after = uuid.Nil.String()
	}
	return s.read(ctx, `SELECT id, order_id, created_at FROM payments WHERE order_id > $1 ORDER BY order_id LIMIT $2`, after, limit)
}

func (s *Store) read(ctx context.Context, query string, args ...any) ([]*domain.Payment, error) {
	found, err := scanAll(ctx, s.db.SQL, func(row *sql.Rows) (*domain.Payment, error) {
		p := new(domain.Payment)
		err := row.Scan(&p.ID, &p.OrderID, &p.CreatedAt)
		p.CreatedAt = p.CreatedAt.UTC()
		return p, err
	}, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read payments: %w", err)
	}
	orders, byOrder := make([]string, len(found)), make(map[string]*domain.Payment, len(found))
	for i, p := range found {
		orders[i], byOrder[p.OrderID] = p.OrderID, p
	}
	all, err := operations(ctx, s.db.SQL, orders)
	if err != nil {
		return nil, fmt.Errorf("read operations of payments: %w", err)
	}
	for _, op := range all {
		p := byOrder[op.Step.OrderID]
		p.Operations = append(p.Operations, op)
	}
	return found, nil
}
