// Package release undoes a reservation: what the order held or was allocated is
// free again.
package release

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

// Request to undo a step, which is the one that reserved.
type Request struct {
	Undo barrier.Step
}

// Undone is what happened to the order's stock, for a saga that no longer knows.
type Undone struct {
	Reserved bool
	store.History
}

// NewHandler makes the use case. A reservation that was never made will never
// be: the barrier refuses it from now on. One that has expired is free already.
func NewHandler(db *postgres.DB, announced func()) cqrs.Handler[Request, Undone] {
	return cqrs.Command("release", cqrs.HandlerFunc[Request, Undone](func(ctx context.Context, req Request) (Undone, error) {
		err := barrier.Undo(ctx, db, req.Undo, func(ctx context.Context, tx *postgres.Tx) error {
			levels, err := store.UpdateReservation(ctx, tx, step.Reservation(req.Undo), func(r *domain.Reservation, _ time.Time) error {
				return r.Release()
			})
			if err != nil {
				return err
			}
			return store.Announce(ctx, tx, req.Undo.OrderID, levels)
		})
		if err != nil {
			return Undone{}, err
		}
		announced()
		history, reserved, err := store.FindHistory(ctx, db, step.Reservation(req.Undo))
		return Undone{Reserved: reserved, History: history}, err
	}))
}
