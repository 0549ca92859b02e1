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

// Authorizer is PaymentsService's Authorize.
type Authorizer struct {
	handler   cqrs.Handler[Request, *domain.Payment]
	methodKey domain.MethodKey
}

// New makes the method.
func New(j *journal.Journal, key domain.MethodKey) Authorizer {
	return Authorizer{handler: NewHandler(j), methodKey: key}
}

// Authorize holds the amount on the customer's payment method.
func (a Authorizer) Authorize(ctx context.Context, in *paymentsv1.AuthorizeRequest) (*paymentsv1.AuthorizeResponse, error) {
	ctx, key, err := step.Of(ctx, in.GetStep())
	if err != nil {
		return nil, err
	}
	wanted, err := domain.NewRequest(in.GetCustomerId(),
		domain.Money{Amount: in.GetAmount().GetAmount(), Currency: in.GetAmount().GetCurrency()}, in.GetPaymentMethod(), a.methodKey)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	done, err := a.handler.Handle(ctx, Request{Step: key, Request: wanted, PaymentMethod: in.GetPaymentMethod()})
	if err != nil {
		return nil, err
	}
	return &paymentsv1.AuthorizeResponse{Facts: facts.Authorized(done, key)}, nil
}
