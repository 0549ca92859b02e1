// Package replay replays a file of invoices in a shop: products, stock, and an order for each
// invoice. It can be repeated at any time, also after an interruption, and does nothing twice.
package replay

import (
	"context"
	"errors"
	"time"

	"github.com/ordersaga/ordersaga/examples/onlineretail/internal/api"
)

// Shop is the shop in which the invoices are replayed.
type Shop struct {
	Client *api.Client
	// URLs of the services, without a slash at their end.
	Catalog, Inventory, Orders string
	// Card is the payment method of all orders.
	Card string
	// Run is the name of a replay: another run orders the same invoices once more. It may be empty.
	Run string
	// Patience bounds a single operation, with the time in which services are not available.
	Patience time.Duration
	// Began is the start of the replay: orders placed before are those of an earlier one.
	Began time.Time
}

// Money in the minor unit of its currency.
type Money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// key makes an idempotency key.
func (s *Shop) key(thing string) string {
	if s.Run != "" {
		thing = s.Run + "-" + thing
	}
	return "online-retail-" + thing
}

var errPatience = errors.New("the patience has passed")

func (s *Shop) patiently(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, s.Patience, errPatience)
}
