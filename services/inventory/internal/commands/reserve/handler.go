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

// Request to hold the lines for the order of the step.
type Request struct {
	Step    barrier.Step
	Lines   []domain.Line
	HoldFor time.Duration
}

// NewHandler makes the use case. It refuses with out_of_stock. announced is
// called after a commit that may have left an event to relay.
func NewHandler(db *postgres.DB, announced func()) cqrs.Handler[Request, store.Hold] {
	return cqrs.Command("reserve", cqrs.HandlerFunc[Request, store.Hold](func(ctx context.Context, req Request) (store.Hold, error) {
		hold, err := barrier.Do(ctx, db, req.Step, barrier.Fingerprint(req.Lines), func(ctx context.Context, tx *postgres.Tx) (store.Hold, error) {
			hold, levels, err := store.Reserve(ctx, tx, step.Reservation(req.Step), req.Lines, req.HoldFor)
			if err != nil {
				return store.Hold{}, err
			}
			return hold, store.Announce(ctx, tx, req.Step.OrderID, levels)
		})
		if err == nil {
			announced()
		}
		return hold, err
	}))
}
