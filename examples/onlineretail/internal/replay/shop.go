// Package replay brings a file of invoices into a shop: products, stock, and an order for each
// invoice. All of it can be repeated, after an interruption or in the middle of one, without doing
// anything twice.
package replay

import (
	"context"
	"errors"
	"time"

	"github.com/ordersaga/ordersaga/examples/onlineretail/internal/api"
)

// Shop is where the invoices are replayed.
type Shop struct {
	Client *api.Client
	// URLs of the services, without a slash at their end.
	Catalog, Inventory, Orders string
	// Card is the payment method of all orders.
	Card string
	// Run tells replays apart: another run orders the same invoices once more. May be empty.
	Run string
	// Patience is how long a single thing may take, services being away included.
	Patience time.Duration
	// Began is when the replay did: what was placed before is an earlier one's.
	Began time.Time
}

// Money in the minor unit of its currency.
type Money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// key makes the idempotency key of a thing.
func (s *Shop) key(thing string) string {
	if s.Run != "" {
		thing = s.Run + "-" + thing
	}
	return "online-retail-" + thing
}

var errPatience = errors.New("our patience was at its end")

func (s *Shop) patiently(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, s.Patience, errPatience)
}
