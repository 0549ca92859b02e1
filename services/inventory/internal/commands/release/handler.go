// Package release undoes a reservation: it frees the stock that the saga holds or was allocated.
package release

import (
	"context"
	"time"

	"github.com/ordersaga/ordersaga/contracts/undo"
	"github.com/ordersaga/ordersaga/platform/barrier"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/inventory/internal/domain"
	"github.com/ordersaga/ordersaga/services/inventory/internal/step"
	"github.com/ordersaga/ordersaga/services/inventory/internal/store"
)

// Command undoes the step that reserved.
type Command struct {
	Undo barrier.Step
}

// Result is the history of the reservation, for a saga that has lost its own.
type Result struct {
	Reserved bool
	store.History
}

// New makes the use case. It refuses with undo_not_allowed, and changes nothing, when the order's
// state forbids it. After the undo the barrier refuses a reservation that was never made. An
// expired one is free already.
func New(db *postgres.DB, orders undo.Orders) cqrs.Handler[Command, Result] {
	return cqrs.Command("release", func(ctx context.Context, command Command) (Result, error) {
		if err := undo.Check(ctx, orders, step.Saga(command.Undo)); err != nil {
			return Result{}, err
		}
		reservation := step.Reservation(command.Undo)
		err := barrier.Undo(ctx, db, command.Undo, func(ctx context.Context, tx *postgres.Tx) error {
			levels, err := store.UpdateReservation(ctx, tx, reservation, func(r *domain.Reservation, _ time.Time) error {
				return r.Release()
			})
			if err != nil {
				return err
			}
			return store.Announce(ctx, tx, reservation.OrderID, levels)
		})
		if err != nil {
			return Result{}, err
		}
		history, reserved, err := store.FindHistory(ctx, db, reservation)
		return Result{Reserved: reserved, History: history}, err
	})
}
