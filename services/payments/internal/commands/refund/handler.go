// Package refund gives back an amount of what was captured at the payment provider.
package refund

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

// Command to refund, as one step of a saga.
type Command struct {
	Step    domain.Step
	Request domain.RefundRequest
}

// Result is the payment.
type Result = *domain.Payment

// New makes the use case. It refuses with refund_exceeds_captured and request_mismatch, and
// answers unavailable while the outcome is not known: a repetition looks the outcome up and never
// refunds twice. A refund that the provider did not make is a fact of the answer.
func New(j *journal.Journal) cqrs.Handler[Command, Result] {
	return cqrs.Command("refund_payment", func(ctx context.Context, command Command) (Result, error) {
		done, err := j.Refund(ctx, command.Step, command.Request)
		return done, translate(err)
	})
}

// translate turns the domain's errors into the contract's refusals.
func translate(err error) error {
	var exceeds *domain.ExceedsError
	switch {
	case errors.As(err, &exceeds):
		return refusal.New(refusals.RefundExceedsCaptured, "Only "+exceeds.Left()+" can be refunded.",
			refusals.AmountLeftDetails{Amount: exceeds.Room.Amount, Currency: exceeds.Room.Currency})
	case errors.Is(err, domain.ErrOtherRequest):
		return refusal.New(refusals.RequestMismatch, "The step was asked for before with another request.", nil)
	case errors.Is(err, domain.ErrUnknown):
		return unavailable.New(err.Error(), nil)
	default:
		return err
	}
}
