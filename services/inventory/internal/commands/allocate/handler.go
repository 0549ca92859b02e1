// Package allocate makes the hold of a saga last: held becomes allocated.
package allocate

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

// Command to allocate what the saga of the step holds.
type Command struct {
	Step barrier.Step
}

// Result says nothing more.
type Result struct{}

// New makes the use case. It refuses a hold that has run out, also when the sweep has not ended it
// yet, and stock that was released. No level changes, so there is nothing to announce.
func New(db *postgres.DB) cqrs.Handler[Command, Result] {
	return cqrs.Command("allocate", func(ctx context.Context, command Command) (Result, error) {
		return barrier.Do(ctx, db, command.Step, barrier.Fingerprint(), func(ctx context.Context, tx *postgres.Tx) (Result, error) {
			_, err := store.UpdateReservation(ctx, tx, step.Reservation(command.Step), func(r *domain.Reservation, now time.Time) error {
				return r.Allocate(now)
			})
			return Result{}, err
		})
	})
}
