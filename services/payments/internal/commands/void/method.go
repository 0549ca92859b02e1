package void

import (
	"context"

	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/contracts/undo"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/facts"
	"github.com/ordersaga/ordersaga/services/payments/internal/journal"
	"github.com/ordersaga/ordersaga/services/payments/internal/step"
)

// Voider is PaymentsService's Void.
type Voider struct {
	handler cqrs.Handler[Request, *domain.Payment]
}

// New makes the method.
func New(j *journal.Journal, orders undo.Orders) Voider {
	return Voider{handler: NewHandler(j, orders)}
}

// Void undoes the step's authorization.
func (v Voider) Void(ctx context.Context, in *paymentsv1.VoidRequest) (*paymentsv1.VoidResponse, error) {
	ctx, key, err := step.Of(ctx, in.GetStep())
	if err != nil {
		return nil, err
	}
	done, err := v.handler.Handle(ctx, Request{Step: key})
	if err != nil {
		return nil, err
	}
	return &paymentsv1.VoidResponse{Facts: facts.Undone(done, key)}, nil
}
