// Package authorize holds an order's amount at the payment provider.
package authorize

import (
	"context"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/journal"
	"github.com/ordersaga/ordersaga/services/payments/internal/refused"
)

// Command to authorize a payment, as one step of a saga.
type Command struct {
	Step          domain.Step
	Request       domain.Request
	Due           domain.Due
	PaymentMethod string // the provider's token
}

// Result is the payment.
type Result = *domain.Payment

// New makes the use case. It refuses with payment_declined, amount_exceeds_due, step_undone and
// request_mismatch, and answers unavailable while the outcome is not known: a repetition looks the
// outcome up and never charges twice.
func New(j *journal.Journal) cqrs.Handler[Command, Result] {
	return cqrs.Command("authorize_payment", func(ctx context.Context, command Command) (Result, error) {
		done, err := j.Authorize(ctx, command.Step, command.Request, command.Due, command.PaymentMethod)
		return done, refused.OfAmount(err, refusals.AmountExceedsDue, "Only %s are due and not authorized yet.")
	})
}
