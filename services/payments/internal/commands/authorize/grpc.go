package authorize

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/facts"
	"github.com/ordersaga/ordersaga/services/payments/internal/journal"
	"github.com/ordersaga/ordersaga/services/payments/internal/step"
)

// Method serves PaymentsService.Authorize.
type Method struct {
	handler   cqrs.Handler[Command, Result]
	journal   *journal.Journal
	methodKey domain.MethodKey
}

// NewMethod makes the method; key makes the fingerprints of payment methods.
func NewMethod(j *journal.Journal, key domain.MethodKey) Method {
	return Method{handler: New(j), journal: j, methodKey: key}
}

// Authorize is the method of PaymentsService.
func (m Method) Authorize(ctx context.Context, request *paymentsv1.AuthorizeRequest) (*paymentsv1.AuthorizeResponse, error) {
	ctx, key, err := step.Of(ctx, request.GetStep())
	if err != nil {
		return nil, err
	}
	due := domain.Due{Money: money(request.GetDue()), Replaces: strings.ToLower(request.GetReplaces())}
	method, err := m.method(ctx, key, request.GetPaymentMethod(), due.Replaces)
	if err != nil {
		return nil, err
	}
	wanted, err := domain.NewRequest(request.GetCustomerId(), money(request.GetAmount()), method, m.methodKey)
	if err == nil && due.Currency != "" && due.Currency != wanted.Currency {
		err = fmt.Errorf("%s cannot be authorized of %s that are due", wanted.Text(), due.Text())
	}
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	done, err := m.handler.Handle(ctx, Command{Step: key, Request: wanted, Due: due, PaymentMethod: method})
	if err != nil {
		return nil, err
	}
	return &paymentsv1.AuthorizeResponse{Facts: facts.Authorized(done, key)}, nil
}

// method is what to charge: what the caller names, or the stored method of what is replaced.
func (m Method) method(ctx context.Context, key domain.Step, named, replaces string) (string, error) {
	if named != "" || replaces == "" {
		return named, nil
	}
	stored, err := m.journal.StoredMethod(ctx, key.OrderID, replaces)
	if err == nil && stored == "" {
		err = refusal.New(refusals.NoStoredPaymentMethod, "The shopper's payment method is not stored, or may not be charged again.", nil)
	}
	return stored, err
}

func money(m *commonv1.Money) domain.Money {
	return domain.Money{Amount: m.GetAmount(), Currency: m.GetCurrency()}
}
