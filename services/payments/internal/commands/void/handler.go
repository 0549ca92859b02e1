// Package void undoes an authorization: no money stays held, and a late request to authorize
// holds none.
package void

import (
	"context"

	"github.com/ordersaga/ordersaga/contracts/undo"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/journal"
	"github.com/ordersaga/ordersaga/services/payments/internal/refused"
	"github.com/ordersaga/ordersaga/services/payments/internal/step"
)

// Command to undo the authorization of the step, whether or not it was requested before.
type Command struct {
	Step domain.Step
}

// Result is the payment.
type Result = *domain.Payment

// New makes the use case. It refuses with undo_not_allowed when the order's state forbids the undo,
// and changes nothing then. It answers unavailable until the provider has confirmed that no money
// is held.
func New(j *journal.Journal, orders undo.Orders) cqrs.Handler[Command, Result] {
	return cqrs.Command("void_payment", func(ctx context.Context, command Command) (Result, error) {
		if err := undo.Check(ctx, orders, step.Saga(command.Step)); err != nil {
			return nil, err
		}
		done, err := j.Void(ctx, command.Step)
		return done, refused.Of(err)
	})
}
