// Package allocate makes an order's hold last: held becomes allocated.
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

// Request to allocate what the saga of the step holds.
type Request struct {
	Step barrier.Step
}

// Done says nothing more.
type Done struct{}

// NewHandler makes the use case. It refuses a hold that has run out, also when
// the sweep has not ended it yet, and stock that was released. No level changes,
// so there is nothing to announce.
func NewHandler(db *postgres.DB) cqrs.Handler[Request, Done] {
	return cqrs.Command("allocate", cqrs.HandlerFunc[Request, Done](func(ctx context.Context, req Request) (Done, error) {
		return barrier.Do(ctx, db, req.Step, barrier.Fingerprint(), func(ctx context.Context, tx *postgres.Tx) (Done, error) {
			_, err := store.UpdateReservation(ctx, tx, step.Reservation(req.Step), func(r *domain.Reservation, now time.Time) error {
				return r.Allocate(now)
			})
			return Done{}, err
		})
	}))
}
