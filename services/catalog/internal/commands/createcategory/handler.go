// Package createcategory adds a category to the tree.
package createcategory

import (
	"context"
	"fmt"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
	"github.com/ordersaga/ordersaga/services/catalog/internal/store"
)

// Why a category is not created, besides domain.ReasonNoParent and domain.ReasonTooDeep.
const (
	// ReasonExists: another category has the id.
	ReasonExists = "category_exists"
	// ReasonTooMany: there are MaxCategories.
	ReasonTooMany = "too_many_categories"
)

// MaxCategories bounds the tree, which is read as a whole.
const MaxCategories = 5000

// Command asks for a category, whose path is not looked at.
type Command struct{ Category domain.Category }

// Result is the category as it is stored.
type Result struct {
	Category domain.Category
	// Created is false when the same category was there already.
	Created bool
}

// New makes the use case.
func New(db *postgres.DB) cqrs.Handler[Command, Result] {
	return cqrs.Command("create_category", cqrs.InTx(db, create))
}

func create(ctx context.Context, tx *postgres.Tx, command Command) (Result, error) {
	wanted := command.Category
	if err := store.LockTree(ctx, tx); err != nil {
		return Result{}, err
	}
	stored, err := store.FindCategory(ctx, tx, wanted.ID)
	switch {
	case err != nil:
		return Result{}, err
	case stored != nil && stored.Name == wanted.Name && stored.Parent == wanted.Parent:
		return Result{Category: *stored}, nil
	case stored != nil:
		return Result{}, refusal.New(ReasonExists, fmt.Sprintf("%s is another category", wanted.ID), nil)
	}
	count, err := store.CountCategories(ctx, tx)
	if err != nil {
		return Result{}, err
	}
	if count >= MaxCategories {
		return Result{}, refusal.New(ReasonTooMany, fmt.Sprintf("There are at most %d categories", MaxCategories), nil)
	}
	placed, err := store.PlaceCategory(ctx, tx, wanted, 1)
	if err != nil {
		return Result{}, err
	}
	return Result{Category: placed, Created: true}, store.InsertCategory(ctx, tx, placed)
}
