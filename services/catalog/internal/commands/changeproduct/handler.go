// Package changeproduct changes what a product is called, what it costs and whether it is for sale.
// Orders keep the price they were quoted.
package changeproduct

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/outbox"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/services/catalog/internal/announce"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
	"github.com/ordersaga/ordersaga/services/catalog/internal/store"
)

// Why a product is not changed.
const (
	ReasonNotFound = "product_not_found"
	// ReasonStale: the change was meant for another version than the current one.
	ReasonStale = "precondition_failed"
	// ReasonOtherCurrency: the currency of a price stays.
	ReasonOtherCurrency = "product_other_currency"
)

// Command asks for a product to be as it says from a time on.
type Command struct {
	SKU    string
	Change domain.Change
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

// New makes the use case. It refuses with ReasonNotFound, ReasonStale or ReasonOtherCurrency. The
// product and its event are written in one transaction; announced is called when there is an event
// to relay.
func New(db *postgres.DB, announced func()) cqrs.Handler[Command, Result] {
	change := cqrs.InTx(db, change)
	return cqrs.Command("change_product", cqrs.HandlerFunc[Command, Result](func(ctx context.Context, command Command) (Result, error) {
		result, err := change.Handle(ctx, command)
		if result.Changed {
			announced()
		}
		return result, err
	}))
}

func change(ctx context.Context, tx *postgres.Tx, command Command) (Result, error) {
	if err := store.Place(ctx, tx, &command.Change); err != nil {
		return Result{}, err
	}
	for {
		stored, err := find(ctx, tx, command.SKU)
		if err != nil {
			return Result{}, err
		}
		next, err := decide(stored, command)
		if err != nil || next == stored {
			return Result{Product: stored}, err
		}
		replaced, err := store.Replace(ctx, tx, next)
		if err != nil {
			return Result{}, err
		}
		if !replaced {
			// Somebody was faster, between our reading and our writing. Versions only grow: the
			// next round ends without writing.
			continue
		}
		return Result{Product: next, Changed: true}, publish(ctx, tx, next)
	}
}

func find(ctx context.Context, tx *postgres.Tx, sku string) (*domain.Product, error) {
	if domain.IsSKU(sku) { // PostgreSQL refuses a text with a NUL in it
		stored, found, err := store.Find(ctx, tx, sku)
		if found || err != nil {
			return stored, err
		}
	}
	return nil, refusal.New(ReasonNotFound, fmt.Sprintf("There is no product %.64q", sku), nil)
}

// decide is the product's next version, or the stored one when it says already what the command
// wants. The latter is an answer to an older version, too: whoever did not hear that a change was
// made sends it again as it was (RFC 9110 13.1.1).
func decide(stored *domain.Product, command Command) (*domain.Product, error) {
	next, err := stored.Change(command.Change, command.At)
	current := command.Seen == nil || slices.Contains(command.Seen, stored.Version())
	switch {
	case current && errors.Is(err, domain.ErrOtherCurrency):
		return nil, refusal.New(ReasonOtherCurrency, "The currency of a price cannot change", nil)
	case current, next == stored && slices.Min(command.Seen) < stored.Version():
		return next, err
	default:
		return nil, refusal.New(ReasonStale,
			fmt.Sprintf("Product %s is at version %d, the change was meant for version %s", stored.SKU(), stored.Version(), versions(command.Seen)), nil)
	}
}

func versions(seen []int64) string {
	texts := make([]string, len(seen))
	for i, version := range seen {
		texts[i] = strconv.FormatInt(version, 10)
	}
	return strings.Join(texts, " or ")
}

func publish(ctx context.Context, tx *postgres.Tx, changed *domain.Product) error {
	event, err := announce.ProductChanged(changed)
	if err != nil {
		return err
	}
	return outbox.Append(ctx, tx, event)
}
