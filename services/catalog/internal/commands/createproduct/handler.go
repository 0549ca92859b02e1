// Package createproduct puts a new product on sale.
package createproduct

import (
	"context"
	"fmt"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/outbox"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/services/catalog/internal/announce"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
	"github.com/ordersaga/ordersaga/services/catalog/internal/store"
)

// ReasonExists refuses a product whose SKU another one has.
const ReasonExists = "product_exists"

// Command asks for the product to be on sale.
type Command struct{ Product *domain.Product }

// Result is the product as it is stored.
type Result struct {
	Product *domain.Product
	// Created is false when the same product was there already: the same command
	// twice is the same product once.
	Created bool
}

// Handler creates products, or refuses with ReasonExists.
type Handler = cqrs.Handler[Command, Result]

// New writes the product and its event in one transaction and calls wake when
// there is an event to publish.
func New(db *postgres.DB, wake func()) Handler {
	create := cqrs.InTx(db, create)
	return cqrs.Command("create_product", cqrs.HandlerFunc[Command, Result](func(ctx context.Context, command Command) (Result, error) {
		result, err := create.Handle(ctx, command)
		if result.Created {
			wake()
		}
		return result, err
	}))
}

func create(ctx context.Context, tx *postgres.Tx, command Command) (Result, error) {
	stored, created, err := store.Create(ctx, tx, command.Product)
	if err != nil {
		return Result{}, err
	}
	if !created {
		if !stored.Says(command.Product) {
			return Result{}, refusal.New(ReasonExists, fmt.Sprintf("SKU %s is another product", stored.SKU()), nil)
		}
		return Result{Product: stored}, nil
	}
	event, err := announce.ProductCreated(stored)
	if err != nil {
		return Result{}, err
	}
	if err := outbox.Append(ctx, tx, event); err != nil {
		return Result{}, err
	}
	return Result{Product: stored, Created: true}, nil
}
