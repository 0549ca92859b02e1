// Package getledger shows an operator the ledger of an order's payment.
package getledger

import (
	"context"
	"strings"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/store"
)

// Query names the order.
type Query struct {
	OrderID string `path:"order_id" format:"uuid" doc:"The order's id."`
}

// Result are the entries, oldest first, and what they add up to.
type Result struct {
	Entries  []domain.Entry
	Balances []store.Balance
}

// New makes the use case.
func New(s *store.Store) cqrs.Handler[Query, Result] {
	return cqrs.Query("get_ledger", func(ctx context.Context, query Query) (result Result, err error) {
		order := strings.ToLower(query.OrderID)
		if result.Entries, err = s.Ledger(ctx, order); err == nil {
			result.Balances, err = s.Balances(ctx, []string{order})
		}
		return result, err
	})
}
