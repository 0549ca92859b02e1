// Package auditstock adds up all stock and lists the SKUs that are out of balance: whose levels
// contradict themselves, their reservations or their journal.
package auditstock

import (
	"context"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/inventory/internal/store"
)

// mostNamed bounds the SKUs that are named.
const mostNamed = 100

// Query is for all stock.
type Query struct{}

// Result is the stock as of one moment, with the first SKUs that are out of balance.
type Result struct {
	Balance store.Balance
	Wrong   []store.Imbalance
}

// New makes the use case.
func New(db *postgres.DB) cqrs.Handler[Query, Result] {
	return cqrs.Query("audit_stock", func(ctx context.Context, _ Query) (Result, error) {
		balance, wrong, err := store.AuditStock(ctx, db, mostNamed)
		return Result{Balance: balance, Wrong: wrong}, err
	})
}
