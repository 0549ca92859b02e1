// Package reserve holds stock for an order: all lines or none, for a while.
package reserve

import (
	"context"
	"time"

	"github.com/ordersaga/ordersaga/platform/barrier"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/inventory/internal/domain"
	"github.com/ordersaga/ordersaga/services/inventory/internal/step"
	"github.com/ordersaga/ordersaga/services/inventory/internal/store"
)

// Command holds the lines for the saga of the step.
type Command struct {
	Step    barrier.Step
	Lines   []domain.Line
	HoldFor time.Duration
}

// Result is the hold.
type Result = store.Hold

// New makes the use case. It refuses with out_of_stock, and with request_mismatch when the step was
// called with other lines before.
func New(db *postgres.DB) cqrs.Handler[Command, Result] {
	return cqrs.Command("reserve", func(ctx context.Context, command Command) (Result, error) {
		// The time of the hold is not part of the fingerprint: it is a setting, which may have
		// changed.
		request := barrier.Fingerprint(command.Lines)
		return barrier.Do(ctx, db, command.Step, request, func(ctx context.Context, tx *postgres.Tx) (Result, error) {
			hold, levels, err := store.Reserve(ctx, tx, step.Reservation(command.Step), command.Lines, command.HoldFor)
			if err != nil {
				return Result{}, err
			}
			return hold, store.Announce(ctx, tx, command.Step.OrderID, levels)
		})
	})
}
