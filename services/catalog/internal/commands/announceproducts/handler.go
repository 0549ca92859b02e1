// Package announceproducts tells of products again, as they are now: for a reader that begins anew.
// What was told before is not in the outbox any more.
package announceproducts

import (
	"context"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/each"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/announce"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
	"github.com/ordersaga/ordersaga/services/catalog/internal/store"
)

// Command names a page of products, by their SKUs.
type Command struct {
	Limit  int         `query:"limit" minimum:"1" maximum:"1000" default:"1000" doc:"Products at once."`
	Cursor rest.Cursor `query:"cursor" doc:"next_cursor of the answer before."`
}

type position struct {
	SKU string `json:"sku"`
}

const list = "announce-products"

// New makes the use case. Versions stay, so whoever has a product as it is passes the event over.
func New(db *postgres.DB) cqrs.Handler[Command, Announced] {
	return cqrs.Command("announce_products", func(ctx context.Context, command Command) (Announced, error) {
		page, next, err := rest.Page(ctx, list, command.Cursor, command.Limit,
			func(after position, limit int) ([]domain.Snapshot, error) {
				return store.Page(ctx, db, after.SKU, limit)
			},
			func(last domain.Snapshot) position { return position{last.SKU} })
		if err != nil {
			return Announced{}, err
		}
		err = db.InTx(ctx, func(ctx context.Context, tx *postgres.Tx) error { return tell(ctx, tx, page) })
		if err != nil {
			return Announced{}, err
		}
		return Announced{Announced: len(page), Next: next}, nil
	})
}

// tell locks the products, so that no change of one is told before what it was.
func tell(ctx context.Context, tx *postgres.Tx, page []domain.Snapshot) error {
	products := each.Map(page, domain.Restore)
	stored, err := store.LockAll(ctx, tx, products)
	if err != nil {
		return err
	}
	return announce.Changed(ctx, tx, each.Map(products, func(p *domain.Product) *domain.Product { return stored[p.SKU()] })...)
}
