// Package createproducts puts many new products on sale at once.
package createproducts

import (
	"context"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/catalog/internal/announce"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
	"github.com/ordersaga/ordersaga/services/catalog/internal/store"
)

// MaxProducts is how many one command takes.
const MaxProducts = 1000

// Command asks for the products to be on sale, at most MaxProducts.
type Command struct{ Products []*domain.Product }

// Outcome is what became of one product of a command.
type Outcome string

// Outcomes. A product never replaces another: changing one is another command.
const (
	Created   Outcome = "created"
	Unchanged Outcome = "unchanged" // the same product was there already
	Conflict  Outcome = "conflict"  // its SKU is another product
)

// Result has an outcome for each product of the command, in its order.
type Result struct{ Outcomes []Outcome }

// New makes the use case, which creates those products that are not there yet. It refuses with
// domain.ReasonNoCategory. They and their events are written in one transaction.
func New(db *postgres.DB) cqrs.Handler[Command, Result] {
	return cqrs.Command("create_products", cqrs.InTx(db, create))
}

func create(ctx context.Context, tx *postgres.Tx, command Command) (Result, error) {
	if err := store.Place(ctx, tx, command.Products...); err != nil {
		return Result{}, err
	}
	stored, created, err := store.CreateAll(ctx, tx, command.Products)
	if err != nil {
		return Result{}, err
	}
	result := Result{Outcomes: make([]Outcome, len(command.Products))}
	var fresh []*domain.Product
	for i, p := range command.Products {
		switch {
		case !stored[p.SKU()].Says(p):
			result.Outcomes[i] = Conflict
		case !created[p.SKU()]:
			result.Outcomes[i] = Unchanged
		default:
			result.Outcomes[i] = Created
			// The same product a second time in the command finds the first.
			delete(created, p.SKU())
			fresh = append(fresh, p)
		}
	}
	return result, announce.Created(ctx, tx, fresh...)
}
