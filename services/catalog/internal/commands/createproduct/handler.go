// Package createproduct puts a new product on sale.
package createproduct

import (
	"context"
	"fmt"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/services/catalog/internal/announce"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
	"github.com/ordersaga/ordersaga/services/catalog/internal/store"
)

// ReasonExists refuses a product whose SKU another one has.
const ReasonExists = "product_exists"

// ExistsDetails says where the other product is.
type ExistsDetails struct {
	Product string `json:"product"` // its path
}

// Command asks for the product to be on sale.
type Command struct{ Product *domain.Product }

// Result is the product as it is stored.
type Result struct {
	Product *domain.Product
	// Created is false when the same product was there already: the same command twice is the same
	// product once.
	Created bool
}

// New makes the use case. It refuses with ReasonExists and domain.ReasonNoCategory. The product and its
// event are written in one transaction.
func New(db *postgres.DB) cqrs.Handler[Command, Result] {
	return cqrs.Command("create_product", cqrs.InTx(db, create))
}

func create(ctx context.Context, tx *postgres.Tx, command Command) (Result, error) {
	if err := store.Place(ctx, tx, command.Product); err != nil {
		return Result{}, err
	}
	stored, created, err := store.Create(ctx, tx, command.Product)
	if err != nil {
		return Result{}, err
	}
	if !created {
		if !stored.Says(command.Product) {
			return Result{}, refusal.New(ReasonExists, fmt.Sprintf("SKU %s is another product", stored.SKU()),
				ExistsDetails{Product: location(stored)})
		}
		return Result{Product: stored}, nil
	}
	return Result{Product: stored, Created: true}, announce.Created(ctx, tx, stored)
}
