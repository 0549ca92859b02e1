package authorize

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/facts"
	"github.com/ordersaga/ordersaga/services/payments/internal/journal"
	"github.com/ordersaga/ordersaga/services/payments/internal/step"
)

// Method serves PaymentsService.Authorize.
type Method struct {
	handler   cqrs.Handler[Command, Result]
	methodKey domain.MethodKey
}

// NewMethod makes the method; key makes the fingerprints of payment methods.
func NewMethod(j *journal.Journal, key domain.MethodKey) Method {
	return Method{handler: New(j), methodKey: key}
}

// Authorize is the method of PaymentsService.
func (m Method) Authorize(ctx context.Context, request *paymentsv1.AuthorizeRequest) (*paymentsv1.AuthorizeResponse, error) {
	ctx, key, err := step.Of(ctx, request.GetStep())
	if err != nil {
		return nil, err
	}
	wanted, err := domain.NewRequest(request.GetCustomerId(),
		domain.Money{Amount: request.GetAmount().GetAmount(), Currency: request.GetAmount().GetCurrency()}, request.GetPaymentMethod(), m.methodKey)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	done, err := m.handler.Handle(ctx, Command{Step: key, Request: wanted, PaymentMethod: request.GetPaymentMethod()})
	if err != nil {
		return nil, err
	}
	return &paymentsv1.AuthorizeResponse{Facts: facts.Authorized(done, key)}, nil
}
