package getpayment

import (
	"context"

	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/payments/internal/store"
	"github.com/ordersaga/ordersaga/services/payments/internal/view"
)

// Method serves PaymentsService.GetPayment.
type Method struct {
	handler cqrs.Handler[Query, Result]
}

// NewMethod makes the method.
func NewMethod(s *store.Store) Method { return Method{New(s)} }

// GetPayment is the method of PaymentsService.
func (m Method) GetPayment(ctx context.Context, request *paymentsv1.GetPaymentRequest) (*paymentsv1.GetPaymentResponse, error) {
	payment, err := m.handler.Handle(ctx, Query{OrderID: request.GetOrderId()})
	if err != nil || payment == nil {
		return &paymentsv1.GetPaymentResponse{}, err
	}
	return view.Payment(payment), nil
}
