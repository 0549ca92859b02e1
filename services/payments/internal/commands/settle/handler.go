// Package settle takes over the outcome of a step from the payment provider's books, by the
// reference that an operator found there.
package settle

import (
	"context"
	"errors"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/journal"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider"
)

// Command to settle a step. Nothing is taken on the operator's word: the reference only says where
// to look.
type Command struct {
	Step      domain.Step
	Reference string // the provider's
}

// Result is empty: the step is asked for again, and is answered from the journal.
type Result struct{}

// New makes the use case. It refuses with settlement_disagrees, and answers unavailable while the
// provider does not answer.
func New(j *journal.Journal, books provider.Statements) cqrs.Handler[Command, Result] {
	return cqrs.Command("settle_payment", func(ctx context.Context, command Command) (Result, error) {
		err := j.Settle(ctx, books, command.Step, command.Reference)
		var disagrees *journal.DisagreesError
		if errors.As(err, &disagrees) {
			err = refusal.New(refusals.SettlementDisagrees, disagrees.Why, nil)
		}
		return Result{}, err
	})
}
