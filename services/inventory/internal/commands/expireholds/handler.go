// Package expireholds ends holds that have run out and frees their stock.
package expireholds

import (
	"context"

	"github.com/google/uuid"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/inventory/internal/store"
)

// holdsPerSweep bounds one transaction: it locks the stock items of all its holds, which every
// buyer of them waits for. Ten orders of a thousand lines take 0.2 s on two busy cores; a hundred
// would keep buyers waiting for longer than the first try of a step may take.
const holdsPerSweep = 10

// Request to end the holds that have run out by now.
type Request struct{}

// Swept is how many holds ended, at most holdsPerSweep.
type Swept struct {
	Holds int
}

// NewHandler makes the use case. Any number of processes may run it at once.
func NewHandler(db *postgres.DB, announced func()) cqrs.Handler[Request, Swept] {
	return cqrs.Command("expire_holds", cqrs.HandlerFunc[Request, Swept](func(ctx context.Context, _ Request) (Swept, error) {
		var swept Swept
		err := db.InTx(ctx, func(ctx context.Context, tx *postgres.Tx) error {
			levels, holds, err := store.Expire(ctx, tx, holdsPerSweep)
			if err != nil {
				return err
			}
			swept.Holds = holds
			return store.Announce(ctx, tx, uuid.NewString(), levels)
		})
		if err != nil {
			return Swept{}, err
		}
		if swept.Holds > 0 {
			announced()
		}
		return swept, nil
	}))
}
