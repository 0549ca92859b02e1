// Package announcestock tells of stock levels again, as they are now: for a reader that begins anew.
// What was told before is not in the outbox any more.
package announcestock

import (
	"context"

	"github.com/google/uuid"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/inventory/internal/domain"
	"github.com/ordersaga/ordersaga/services/inventory/internal/store"
)

// Command names a page of levels, by their SKUs.
type Command struct {
	Limit  int         `query:"limit" minimum:"1" maximum:"1000" default:"1000" doc:"Levels at once."`
	Cursor rest.Cursor `query:"cursor" doc:"next_cursor of the answer before."`
}

type position struct {
	SKU string `json:"sku"`
}

const list = "announce-stock"

// New makes the use case. Versions stay, so whoever has a level as it is passes the event over.
func New(db *postgres.DB) cqrs.Handler[Command, Announced] {
	return cqrs.Command("announce_stock", func(ctx context.Context, command Command) (Announced, error) {
		var result Announced
		err := db.InTx(ctx, func(ctx context.Context, tx *postgres.Tx) error {
			page, next, err := rest.Page(ctx, list, command.Cursor, command.Limit,
				func(after position, limit int) ([]domain.Level, error) {
					return store.LevelsAfter(ctx, tx, after.SKU, limit)
				},
				func(last domain.Level) position { return position{last.SKU} })
			if err != nil {
				return err
			}
			result = Announced{Announced: len(page), Next: next}
			return store.Announce(ctx, tx, uuid.NewString(), page)
		})
		return result, err
	})
}
