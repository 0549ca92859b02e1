package void

import (
	"context"

	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/contracts/undo"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/payments/internal/facts"
	"github.com/ordersaga/ordersaga/services/payments/internal/journal"
	"github.com/ordersaga/ordersaga/services/payments/internal/step"
)

// Method serves PaymentsService.Void.
type Method struct {
	handler cqrs.Handler[Command, Result]
}

// NewMethod makes the method; orders are asked whether the undo is allowed.
func NewMethod(j *journal.Journal, orders undo.Orders) Method { return Method{New(j, orders)} }

// Void is the method of PaymentsService.
func (m Method) Void(ctx context.Context, request *paymentsv1.VoidRequest) (*paymentsv1.VoidResponse, error) {
	ctx, key, err := step.Of(ctx, request.GetStep())
	if err != nil {
		return nil, err
	}
	done, err := m.handler.Handle(ctx, Command{Step: key})
	if err != nil {
		return nil, err
	}
	return &paymentsv1.VoidResponse{Facts: facts.Undone(done, key)}, nil
}
