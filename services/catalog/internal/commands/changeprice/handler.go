// Package changeprice gives a product another price, from now on or from a time in the future.
package changeprice

import (
	"context"
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/services/catalog/internal/change"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
	"github.com/ordersaga/ordersaga/services/catalog/internal/store"
)

// Why a price is not set.
const (
	// ReasonScheduled: another price is set for that time.
	ReasonScheduled = "price_already_scheduled"
	// ReasonTooMany prices are to take effect.
	ReasonTooMany = "too_many_scheduled_prices"
)

// maxScheduled bounds the prices of one product that are to take effect.
const maxScheduled = 100

// Command asks for a price.
type Command struct {
	SKU   string
	Price domain.Money
	// From is when it begins to hold; zero is At.
	From time.Time
	// Seen are the versions of the product that this may have been decided on; nil: whichever is
	// current.
	Seen []int64
	At   time.Time
}

// Result is the product as it is stored, and the price.
type Result struct {
	Product   *domain.Product
	Price     domain.PriceFrom
	Scheduled bool // its time has yet to come
	Changed   bool // the product has this price since now
}

// New makes the use case. It refuses with the reasons of this package, change.ReasonNotFound and
// change.ReasonStale; its error is domain.ErrOtherCurrency when the currency would change. A price from
// now on is written with its event in one transaction; one from a time in the future is told of when it
// takes effect (package applyprices).
func New(db *postgres.DB) cqrs.Handler[Command, Result] {
	return cqrs.Command("change_price", cqrs.InTx(db, set))
}

func set(ctx context.Context, tx *postgres.Tx, command Command) (Result, error) {
	stored, err := change.Lock(ctx, tx, command.SKU)
	if err != nil {
		return Result{}, err
	}
	next, err := stored.Reprice(command.Price, command.At)
	if err != nil {
		if !change.IsSeen(stored, command.Seen) {
			err = change.Stale(stored, command.Seen)
		}
		return Result{}, err
	}
	if !command.From.IsZero() {
		return schedule(ctx, tx, stored, command)
	}
	changed, err := change.Store(ctx, tx, stored, next, command.Seen)
	if err != nil {
		return Result{}, err
	}
	from, err := store.PriceSince(ctx, tx, command.SKU)
	return Result{Product: next, Changed: changed, Price: from}, err
}

// schedule changes nothing of the product itself, which keeps its version until the price takes effect.
func schedule(ctx context.Context, tx *postgres.Tx, stored *domain.Product, command Command) (Result, error) {
	if !change.Repeated(stored, command.Seen) {
		return Result{}, change.Stale(stored, command.Seen)
	}
	wanted := domain.PriceFrom{Amount: command.Price.Amount(), From: command.From}
	price, isNew, err := store.Schedule(ctx, tx, stored.SKU(), wanted)
	if err != nil {
		return Result{}, err
	}
	if price.Amount != wanted.Amount {
		return Result{}, refusal.New(ReasonScheduled, fmt.Sprintf("From %s on %s costs %d already: withdraw that price first",
			price.From.Format(time.RFC3339), stored.SKU(), price.Amount), nil)
	}
	if isNew && !change.IsSeen(stored, command.Seen) {
		return Result{}, change.Stale(stored, command.Seen)
	}
	count, err := store.Scheduled(ctx, tx, stored.SKU())
	if err != nil {
		return Result{}, err
	}
	if isNew && count > maxScheduled {
		return Result{}, refusal.New(ReasonTooMany, fmt.Sprintf("%s has %d prices that are to take effect, the most that it can have", stored.SKU(), maxScheduled), nil)
	}
	return Result{Product: stored, Price: price, Scheduled: true}, nil
}
