// Package capture takes an amount of an authorization at the payment provider.
package capture

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

// Command to capture, as one step of a saga.
type Command struct {
	Step    domain.Step
	Request domain.CaptureRequest
}

// Result is the payment.
type Result = *domain.Payment

// New makes the use case. It refuses with authorization_unknown, authorization_ended,
// amount_exceeds_open, capture_failed and request_mismatch, and answers unavailable while the
// outcome is not known: a repetition looks the outcome up and never captures twice.
func New(j *journal.Journal) cqrs.Handler[Command, Result] {
	return cqrs.Command("capture_payment", func(ctx context.Context, command Command) (Result, error) {
		done, err := j.Capture(ctx, command.Step, command.Request)
		return done, translate(err)
	})
}

// translate turns the domain's errors into the contract's refusals.
func translate(err error) error {
	var (
		failed  *domain.FailedError
		ended   *domain.EndedError
		exceeds *domain.ExceedsError
	)
	switch {
	case errors.As(err, &failed):
		return refusal.New(refusals.CaptureFailed, failed.Message, refusals.DeclinedDetails{DeclineCode: failed.Code})
	case errors.As(err, &ended):
		return refusal.New(refusals.AuthorizationEnded, "Nothing can be captured any more: "+ended.Error()+".",
			refusals.AuthorizationEndedDetails{State: string(ended.State)})
	case errors.As(err, &exceeds):
		return refusal.New(refusals.AmountExceedsOpen, "Only "+exceeds.Left()+" of the authorization are open.",
			refusals.AmountLeftDetails{Amount: exceeds.Room.Amount, Currency: exceeds.Room.Currency})
	case errors.Is(err, domain.ErrNoAuthorization), errors.Is(err, domain.ErrOtherCurrency):
		return refusal.New(refusals.AuthorizationUnknown, "The order has no such authorization in this currency.", nil)
	case errors.Is(err, domain.ErrOtherRequest):
		return refusal.New(refusals.RequestMismatch, "The step was asked for before with another request.", nil)
	case errors.Is(err, domain.ErrUnknown):
		return unavailable.New(err.Error(), nil)
	default:
		return err
	}
}
