// Package getpayment shows an operator an order's payment with its journal.
package getpayment

import (
	"context"
	"errors"
	"strings"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/store"
)

// Query names the order.
type Query struct {
	OrderID string `path:"order_id" format:"uuid" doc:"The order's id."`
}

// Result is the payment, nil when the order has none.
type Result = *domain.Payment

// New makes the use case.
func New(s *store.Store) cqrs.Handler[Query, Result] {
	return cqrs.Query("get_payment", func(ctx context.Context, query Query) (Result, error) {
		payment, err := s.Payment(ctx, strings.ToLower(query.OrderID))
		if errors.Is(err, store.ErrNoPayment) {
			return nil, nil // an answer, not a failure to log
		}
		return payment, err
	})
}
