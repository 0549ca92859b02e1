// Package registerproduct registers the catalog's products in the stock: it handles the events of
// their creation and changes, so that stock items have a name, and a level of 0 before goods are
// received.
package registerproduct

import (
	"context"

	"github.com/google/uuid"

	"github.com/ordersaga/ordersaga/contracts/events"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/inbox"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/inventory/internal/store"
)

// Product is a product of the catalog, with the id of the event that created or changed it.
type Product struct {
	EventID, SKU, Name string
	Version            int64
}

// Command registers products, in any order: the newest version of each decides.
type Command struct {
	Products []Product
}

// Result is empty.
type Result struct{}

// New makes the use case. An event that was handled before changes nothing.
func New(db *postgres.DB) cqrs.Handler[Command, Result] {
	return cqrs.Command("register_product", cqrs.InTx(db, register))
}

func register(ctx context.Context, tx *postgres.Tx, command Command) (Result, error) {
	names, err := fresh(ctx, tx, command.Products)
	if err != nil || len(names) == 0 {
		return Result{}, err
	}
	levels, err := store.Name(ctx, tx, names)
	if err != nil {
		return Result{}, err
	}
	return Result{}, store.Announce(ctx, tx, uuid.NewString(), levels)
}

// fresh returns the names, by SKU, of the events that were not handled before: for each SKU that of
// the newest version.
func fresh(ctx context.Context, tx *postgres.Tx, products []Product) (map[string]store.Called, error) {
	ids := make([]string, len(products))
	for i, product := range products {
		ids[i] = product.EventID
	}
	first, err := inbox.Mark(ctx, tx, events.InventoryProducts.Name, ids...)
	if err != nil {
		return nil, err
	}
	names := make(map[string]store.Called, len(products))
	for _, product := range products {
		if first[product.EventID] && product.Version > names[product.SKU].Version {
			names[product.SKU] = store.Called{Name: product.Name, Version: product.Version}
		}
	}
	return names, nil
}
