// Package authorize holds an order's amount at the payment provider.
package authorize

import (
	"context"
	"errors"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/platform/unavailable"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/journal"
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
		return done, translate(err)
	})
}

// translate turns the domain's errors into the contract's refusals.
func translate(err error) error {
	var (
		declined *domain.DeclinedError
		exceeds  *domain.ExceedsError
	)
	switch {
	case errors.As(err, &exceeds):
		return refusal.New(refusals.AmountExceedsDue, "Only "+exceeds.Left()+" are due and not authorized yet.",
			refusals.AmountLeftDetails{Amount: exceeds.Room.Amount, Currency: exceeds.Room.Currency})
	case errors.As(err, &declined):
		return refusal.New(refusals.PaymentDeclined, declined.Message, refusals.DeclinedDetails{DeclineCode: declined.Code})
	case errors.Is(err, domain.ErrUndone):
		return refusal.New(refusals.StepUndone, "The payment was undone and cannot be authorized any more.", nil)
	case errors.Is(err, domain.ErrOtherRequest):
		return refusal.New(refusals.RequestMismatch, "The step was asked for before with another amount, customer or payment method.", nil)
	case errors.Is(err, domain.ErrUnknown):
		return unavailable.New(err.Error(), nil)
	default:
		return err
	}
}
