// Package void undoes an authorization: nothing stays held, and nothing will be.
package void

import (
	"context"
	"errors"

	"github.com/ordersaga/ordersaga/contracts/undo"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/unavailable"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/journal"
	"github.com/ordersaga/ordersaga/services/payments/internal/step"
)

// Request to undo what was, or was not yet, authorized as the step.
type Request struct {
	Step domain.Step
}

// NewHandler makes the use case. It refuses with undo_not_allowed what the order's state forbids, and nothing is changed
// then. It is unavailable until it is known that nothing is held.
func NewHandler(j *journal.Journal, orders undo.Orders) cqrs.Handler[Request, *domain.Payment] {
	return cqrs.Command("void_payment", cqrs.HandlerFunc[Request, *domain.Payment](func(ctx context.Context, req Request) (*domain.Payment, error) {
		if err := undo.Check(ctx, orders, step.Saga(req.Step)); err != nil {
			return nil, err
		}
		done, err := j.Void(ctx, req.Step)
		if errors.Is(err, domain.ErrUnknown) {
			err = unavailable.New(err.Error(), nil)
		}
		return done, err
	}))
}
