package settle

import (
	"context"

	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/payments/internal/journal"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider"
	"github.com/ordersaga/ordersaga/services/payments/internal/step"
)

// Method serves PaymentsService.Settle.
type Method struct {
	handler cqrs.Handler[Command, Result]
}

// NewMethod makes the method.
func NewMethod(j *journal.Journal, books provider.Statements) Method { return Method{New(j, books)} }

// Settle is the method of PaymentsService.
func (m Method) Settle(ctx context.Context, request *paymentsv1.SettleRequest) (*paymentsv1.SettleResponse, error) {
	ctx, key, err := step.Of(ctx, request.GetStep())
	if err != nil {
		return nil, err
	}
	if _, err := m.handler.Handle(ctx, Command{Step: key, Reference: request.GetProviderReference()}); err != nil {
		return nil, err
	}
	return &paymentsv1.SettleResponse{}, nil
}
