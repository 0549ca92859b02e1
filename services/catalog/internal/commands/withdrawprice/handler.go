// Package withdrawprice takes back a price whose time has not come.
package withdrawprice

import (
	"context"
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/services/catalog/internal/change"
	"github.com/ordersaga/ordersaga/services/catalog/internal/store"
)

// ReasonNotScheduled: no price of the product has yet to take effect at that time.
const ReasonNotScheduled = "price_not_scheduled"

// Command names the price.
type Command struct {
	SKU  string
	From time.Time
}

// Result says nothing more.
type Result struct{}

// New makes the use case. It refuses with ReasonNotScheduled and change.ReasonNotFound. What has taken
// effect is history and stays.
func New(db *postgres.DB) cqrs.Handler[Command, Result] {
	return cqrs.Command("withdraw_price", cqrs.InTx(db, withdraw))
}

func withdraw(ctx context.Context, tx *postgres.Tx, command Command) (Result, error) {
	stored, err := change.Lock(ctx, tx, command.SKU)
	if err != nil {
		return Result{}, err
	}
	found, err := store.Withdraw(ctx, tx, stored.SKU(), command.From)
	if err == nil && !found {
		err = refusal.New(ReasonNotScheduled, fmt.Sprintf("No price of %s is scheduled for %s",
			stored.SKU(), command.From.Format(time.RFC3339Nano)), nil)
	}
	return Result{}, err
}
