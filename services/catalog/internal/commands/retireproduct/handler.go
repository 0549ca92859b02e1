// Package retireproduct takes a product off sale, so that it can still be read and not be ordered,
// and puts it on sale again.
package retireproduct

import (
	"context"
	"time"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/catalog/internal/change"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
)

// Command names the product.
type Command struct {
	SKU     string
	Retired bool // or else it is for sale again
	// Seen are the versions that this may have been decided on; nil: whichever is current.
	Seen []int64
	At   time.Time
}

// Result is the product as it is stored.
type Result struct {
	Product *domain.Product
	Changed bool // false when it was so already
}

// New makes the use case. It refuses with change.ReasonNotFound and change.ReasonStale. The product
// and its event are written in one transaction.
func New(db *postgres.DB) cqrs.Handler[Command, Result] {
	return cqrs.Command("retire_product", cqrs.InTx(db, handle))
}

func handle(ctx context.Context, tx *postgres.Tx, command Command) (Result, error) {
	stored, err := change.Lock(ctx, tx, command.SKU)
	if err != nil {
		return Result{}, err
	}
	next := stored.Sell(!command.Retired, command.At)
	changed, err := change.Store(ctx, tx, stored, next, command.Seen)
	return Result{Product: next, Changed: changed}, err
}
