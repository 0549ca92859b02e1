// Package refund gives back an amount of what was captured at the payment provider.
package refund

import (
	"context"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/journal"
	"github.com/ordersaga/ordersaga/services/payments/internal/refused"
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
		return done, refused.OfAmount(err, refusals.RefundExceedsCaptured, "Only %s can be refunded.")
	})
}
