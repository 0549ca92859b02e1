// Package recordpayment records what became of an order's money by itself: payments tells it.
package recordpayment

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/orders/internal/contract"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

type (
	// Command is the request.
	Command = *ordersv1.RecordPaymentRequest
	// Result is the answer.
	Result = *ordersv1.RecordPaymentResponse
)

// New makes the use case. It answers unavailable while a saga has not recorded yet what a fact is
// about, and fails with INVALID_ARGUMENT for a fact that does not happen by itself.
func New(orders *store.Orders) cqrs.Handler[Command, Result] {
	return cqrs.Command("record_payment", func(ctx context.Context, req Command) (Result, error) {
		facts, err := contract.Done(req.GetFacts())
		if err != nil {
			return nil, err
		}
		err = orders.Update(ctx, req.GetOrderId(), func(o *domain.Order) error { return o.RecordPayment(facts) })
		switch {
		case errors.Is(err, domain.ErrNotYet):
			return nil, status.Error(codes.Unavailable, err.Error())
		case err != nil:
			return nil, contract.Invalid(err)
		}
		return &ordersv1.RecordPaymentResponse{}, nil
	})
}
