// Package deletecategory removes a category from the tree, when nothing is in it.
package deletecategory

import (
	"context"
	"fmt"
	"slices"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
	"github.com/ordersaga/ordersaga/services/catalog/internal/store"
)

// Why a category is not deleted, besides domain.ReasonNoCategory.
const (
	// ReasonInUse: it has categories below it, or products.
	ReasonInUse = "category_in_use"
	// ReasonStale: the command was meant for another version than the current one.
	ReasonStale = "precondition_failed"
)

// Command names the category.
type Command struct {
	ID string
	// Seen are the versions that this may have been decided on; nil: whichever is current.
	Seen []int64
}

// Result has nothing to say.
type Result struct{}

// New makes the use case.
func New(db *postgres.DB) cqrs.Handler[Command, Result] {
	return cqrs.Command("delete_category", cqrs.InTx(db, remove))
}

func remove(ctx context.Context, tx *postgres.Tx, command Command) (Result, error) {
	if err := store.LockTree(ctx, tx); err != nil {
		return Result{}, err
	}
	stored, err := store.FindCategory(ctx, tx, command.ID)
	if err != nil {
		return Result{}, err
	}
	if stored == nil {
		return Result{}, refusal.New(domain.ReasonNoCategory, fmt.Sprintf("There is no category %.64q", command.ID), nil)
	}
	if command.Seen != nil && !slices.Contains(command.Seen, stored.Version) {
		return Result{}, refusal.New(ReasonStale, fmt.Sprintf("Category %s is at version %d, not at the one that was seen", stored.ID, stored.Version), nil)
	}
	children, products, err := store.IsCategoryUsed(ctx, tx, stored.ID)
	switch {
	case err != nil:
		return Result{}, err
	case children:
		return Result{}, refusal.New(ReasonInUse, fmt.Sprintf("Category %s has other categories in it", stored.ID), nil)
	case products:
		return Result{}, refusal.New(ReasonInUse, fmt.Sprintf("Category %s has products", stored.ID), nil)
	}
	return Result{}, store.DeleteCategory(ctx, tx, stored.ID)
}
