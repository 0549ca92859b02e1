// Package capture takes an amount of an authorization at the payment provider.
package capture

import (
	"context"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/journal"
	"github.com/ordersaga/ordersaga/services/payments/internal/refused"
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
		return done, refused.OfAmount(err, refusals.AmountExceedsOpen, "Only %s of the authorization are open.")
	})
}
