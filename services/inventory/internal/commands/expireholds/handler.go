// Package expireholds ends holds that have run out and frees their stock.
package expireholds

import (
	"context"

	"github.com/google/uuid"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/inventory/internal/domain"
	"github.com/ordersaga/ordersaga/services/inventory/internal/store"
)

// Command ends these holds, at least one, in one transaction. Holds that have not run out, or that
// another transaction has locked, do not change.
type Command struct {
	Holds []domain.ReservationID
}

// Result is the number of holds that ended.
type Result struct {
	Ended int
}

// New makes the use case. Any number of processes may run it at once.
func New(db *postgres.DB) cqrs.Handler[Command, Result] {
	return cqrs.Command("expire_holds", func(ctx context.Context, cmd Command) (Result, error) {
		var result Result
		err := db.InTx(ctx, func(ctx context.Context, tx *postgres.Tx) error {
			levels, holds, err := store.Expire(ctx, tx, cmd.Holds...)
			if err != nil {
				return err
			}
			result.Ended = holds
			return store.Announce(ctx, tx, uuid.NewString(), levels)
		})
		return result, err
	})
}
