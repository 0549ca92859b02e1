// Package opensagas keeps a list of the sagas that have begun and not ended. It is a projection in
// the log's database, because the sweep that finds sagas without a run must not depend on a read
// store or read the whole log.
package opensagas

import (
	"context"
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
)

// Sagas is the list of open sagas.
type Sagas struct {
	db *postgres.DB
}

// New opens the list in the database of the log.
func New(db *postgres.DB) *Sagas { return &Sagas{db: db} }

// Saga is an open saga.
type Saga struct {
	domain.Saga
	OrderID    string
	CustomerID string
	BeganAt    time.Time
	// Position of its first event in the log, by which the list is paged.
	Position int64
}

// List reads at most limit sagas after a position that are at least olderThan old, the oldest
// first.
func (s *Sagas) List(ctx context.Context, olderThan time.Duration, after int64, limit int) ([]Saga, error) {
	sagas, err := postgres.Select(ctx, s.db.SQL, columns, `
		SELECT order_id, kind, instance, customer_id, began_at, position FROM open_sagas
		WHERE position > $1 AND began_at <= now() - make_interval(secs => $2)
		ORDER BY position LIMIT $3`, after, olderThan.Seconds(), limit)
	if err != nil {
		return nil, fmt.Errorf("list open sagas: %w", err)
	}
	return sagas, nil
}

// Stuck reads at most limit stuck sagas, of one customer or, when it is empty, of all, the one that
// began last first. They began before a position of the log; 0 is its end.
func (s *Sagas) Stuck(ctx context.Context, customer string, before int64, limit int) ([]Saga, error) {
	sagas, err := postgres.Select(ctx, s.db.SQL, columns, `
		SELECT order_id, kind, instance, customer_id, began_at, position FROM open_sagas
		WHERE stuck_since IS NOT NULL AND ($1 = '' OR customer_id = $1) AND ($2::bigint = 0 OR position < $2)
		ORDER BY position DESC LIMIT $3`, customer, before, limit)
	if err != nil {
		return nil, fmt.Errorf("list stuck sagas: %w", err)
	}
	return sagas, nil
}

func columns(saga *Saga) []any {
	return []any{&saga.OrderID, &saga.Kind, &saga.Instance, &saga.CustomerID, &saga.BeganAt, &saga.Position}
}
