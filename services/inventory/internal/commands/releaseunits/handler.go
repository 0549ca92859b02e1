// Package releaseunits frees a part of an order's allocation: units that are cancelled. They can be
// sold again, or are written off.
package releaseunits

import (
	"context"
	"time"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	"github.com/ordersaga/ordersaga/contracts/undo"
	"github.com/ordersaga/ordersaga/platform/barrier"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/inventory/internal/step"
	"github.com/ordersaga/ordersaga/services/inventory/internal/store"
)

// Command frees units of lines that a saga of the order reserved.
type Command struct {
	step.Units
	Saga *commonv1.Saga // that reserved
	// WriteOff takes the units off the stock.
	WriteOff bool
}

// Fingerprint is the barrier's fingerprint of the request.
func (c Command) Fingerprint() string {
	if c.WriteOff {
		return barrier.Fingerprint(c.Units.Fingerprint(), "write off")
	}
	return c.Units.Fingerprint()
}

// Result has the time at which nothing was left of the reservation; zero when something is.
type Result struct {
	FreedAt time.Time `json:"freed_at"`
}

// New makes the use case. It refuses with undo_not_allowed when the order's state forbids it, and
// with not_allocated when more is freed than is allocated.
func New(db *postgres.DB, orders undo.Orders) cqrs.Handler[Command, Result] {
	return cqrs.Command("release_units", func(ctx context.Context, command Command) (Result, error) {
		if err := undo.CheckPart(ctx, orders, command.Saga); err != nil {
			return Result{}, err
		}
		return barrier.Do(ctx, db, command.Step, command.Fingerprint(), func(ctx context.Context, tx *postgres.Tx) (Result, error) {
			free := store.ReleaseUnits
			if command.WriteOff {
				free = store.WriteOffUnits
			}
			levels, freedAt, err := free(ctx, tx, command.ReservedBy, command.Lines)
			if err != nil {
				return Result{}, err
			}
			return Result{FreedAt: freedAt}, store.Announce(ctx, tx, command.ReservedBy.OrderID, levels)
		})
	})
}
