// Package getpayment shows an operator an order's payment with its journal.
package getpayment

import (
	"context"
	"errors"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/store"
)

// Query asks for the payment of an order.
type Query struct{ OrderID string }

// NewHandler makes the use case. It answers nil when there is no payment.
func NewHandler(s *store.Store) cqrs.Handler[Query, *domain.Payment] {
	return cqrs.Query("get_payment", cqrs.HandlerFunc[Query, *domain.Payment](func(ctx context.Context, query Query) (*domain.Payment, error) {
		payment, err := s.Payment(ctx, query.OrderID)
		if errors.Is(err, store.ErrNoPayment) {
			return nil, nil // an answer, not a failure to log
		}
		return payment, err
	}))
}
