// Package changecategory renames a category and moves it, with what is below it, to another place
// in the tree.
package changecategory

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/services/catalog/internal/announce"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
	"github.com/ordersaga/ordersaga/services/catalog/internal/store"
)

// ReasonStale: the change was meant for another version than the current one.
const ReasonStale = "precondition_failed"

// Command asks for a category to be as it says from a time on. Its path and version are not looked
// at.
type Command struct {
	Category domain.Category
	// Seen are the versions that the change may have been decided on; nil: whichever is current.
	Seen []int64
	At   time.Time
}

// Result is the category as it is stored.
type Result struct {
	Category domain.Category
	// Moved tells whether products have other paths now.
	Moved bool
}

// New makes the use case. It refuses with domain.ReasonNoCategory, ReasonNoParent, ReasonCycle and
// ReasonTooDeep, and with ReasonStale. The tree, the products' paths and their events are written in
// one transaction.
func New(db *postgres.DB) cqrs.Handler[Command, Result] {
	return cqrs.Command("change_category", cqrs.InTx(db, change))
}

func change(ctx context.Context, tx *postgres.Tx, command Command) (Result, error) {
	wanted := command.Category
	if err := store.LockTree(ctx, tx); err != nil {
		return Result{}, err
	}
	stored, err := store.FindCategory(ctx, tx, wanted.ID)
	if err != nil {
		return Result{}, err
	}
	if stored == nil {
		return Result{}, refusal.New(domain.ReasonNoCategory, fmt.Sprintf("There is no category %.64q", wanted.ID), nil)
	}
	same := stored.Name == wanted.Name && stored.Parent == wanted.Parent
	current := command.Seen == nil || slices.Contains(command.Seen, stored.Version)
	// Who did not hear that a change was made sends it again as it was (RFC 9110 13.1.1).
	repeated := same && command.Seen != nil && slices.Min(command.Seen) < stored.Version
	if !current && !repeated {
		return Result{}, refusal.New(ReasonStale, fmt.Sprintf("Category %s is at version %d, the change was meant for another", stored.ID, stored.Version), nil)
	}
	if same {
		return Result{Category: *stored}, nil
	}
	height, err := store.Height(ctx, tx, *stored)
	if err != nil {
		return Result{}, err
	}
	next, err := store.PlaceCategory(ctx, tx, wanted, height)
	if err != nil {
		return Result{}, err
	}
	next.Version = stored.Version + 1
	if err := store.ReplaceCategory(ctx, tx, *stored, next); err != nil {
		return Result{}, err
	}
	result := Result{Category: next, Moved: next.Path != stored.Path}
	if result.Moved {
		err = store.MoveProducts(ctx, tx, next, command.At, func(products []*domain.Product) error { return announce.Changed(ctx, tx, products...) })
	}
	return result, err
}
