// Package voidauthorization gives back what is open of an authorization, also after captures.
package voidauthorization

import (
	"context"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/journal"
	"github.com/ordersaga/ordersaga/services/payments/internal/refused"
)

// Command to void an authorization. It asks for a state, so it needs no step.
type Command struct {
	OrderID       string
	Authorization string // the operation's id
}

// Result is the payment.
type Result = *domain.Payment

// New makes the use case. It refuses with authorization_unknown, and answers unavailable until the
// provider has confirmed that nothing is open, and while a capture is not settled.
func New(j *journal.Journal) cqrs.Handler[Command, Result] {
	return cqrs.Command("void_authorization", func(ctx context.Context, command Command) (Result, error) {
		done, err := j.VoidOpen(ctx, command.OrderID, command.Authorization)
		return done, refused.Of(err)
	})
}
