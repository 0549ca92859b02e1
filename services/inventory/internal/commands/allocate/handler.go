// Package allocate turns the hold of a saga into an allocation, which does not expire.
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

// Command allocates the stock that the saga of the step holds.
type Command struct {
	Step barrier.Step
}

// Result is empty.
type Result struct{}

// New makes the use case. It refuses a hold that has run out, also before the sweep has ended it,
// and stock that was released. No level changes, so no event is announced.
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
