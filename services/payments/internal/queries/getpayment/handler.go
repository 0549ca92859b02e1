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

// Answer is the payment and its journal, oldest first, when there is one.
type Answer struct {
	Payment store.Payment
	Journal []domain.Record
	Found   bool
}

// NewHandler makes the use case.
func NewHandler(s *store.Store) cqrs.Handler[Query, Answer] {
	return cqrs.Query("get_payment", cqrs.HandlerFunc[Query, Answer](func(ctx context.Context, query Query) (Answer, error) {
		payment, journal, err := s.Payment(ctx, query.OrderID)
		if errors.Is(err, store.ErrNoPayment) {
			return Answer{}, nil // an answer, not a failure to log
		}
		return Answer{Payment: payment, Journal: journal, Found: err == nil}, err
	}))
}
