// Package shipunits takes a part of an order's allocation off the stock: units that leave in a
// shipment.
package shipunits

import (
	"context"
	"time"

	"github.com/ordersaga/ordersaga/platform/barrier"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/inventory/internal/step"
	"github.com/ordersaga/ordersaga/services/inventory/internal/store"
)

// Result has the time at which the units left, by the database's clock.
type Result struct {
	ShippedAt time.Time `json:"shipped_at"`
}

// New makes the use case. It refuses with not_allocated when more is shipped than is allocated.
func New(db *postgres.DB) cqrs.Handler[step.Units, Result] {
	return cqrs.Command("ship_units", func(ctx context.Context, command step.Units) (Result, error) {
		return barrier.Do(ctx, db, command.Step, command.Fingerprint(), func(ctx context.Context, tx *postgres.Tx) (Result, error) {
			levels, shippedAt, err := store.ShipUnits(ctx, tx, command.ReservedBy, command.Lines)
			if err != nil {
				return Result{}, err
			}
			return Result{ShippedAt: shippedAt}, store.Announce(ctx, tx, command.ReservedBy.OrderID, levels)
		})
	})
}
