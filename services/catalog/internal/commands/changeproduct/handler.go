// Package changeproduct changes what a product is called and how it is shown. What it costs and
// whether it is for sale are commands of their own.
package changeproduct

import (
	"context"
	"time"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/catalog/internal/change"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
	"github.com/ordersaga/ordersaga/services/catalog/internal/store"
)

// Command asks for a product to have these details from a time on.
type Command struct {
	SKU     string
	Details domain.Details
	// Seen are the versions that the change may have been decided on; nil: whichever is current.
	Seen []int64
	At   time.Time
}

// Result is the product as it is stored.
type Result struct {
	Product *domain.Product
	// Changed is false when the product was so already.
	Changed bool
}

// New makes the use case. It refuses with change.ReasonNotFound, change.ReasonStale and
// domain.ReasonNoCategory. The product and its event are written in one transaction.
func New(db *postgres.DB) cqrs.Handler[Command, Result] {
	return cqrs.Command("change_product", cqrs.InTx(db, say))
}

func say(ctx context.Context, tx *postgres.Tx, command Command) (Result, error) {
	if err := store.Place(ctx, tx, &command.Details); err != nil {
		return Result{}, err
	}
	stored, err := change.Lock(ctx, tx, command.SKU)
	if err != nil {
		return Result{}, err
	}
	next := stored.Describe(command.Details, command.At)
	changed, err := change.Store(ctx, tx, stored, next, command.Seen)
	return Result{Product: next, Changed: changed}, err
}
