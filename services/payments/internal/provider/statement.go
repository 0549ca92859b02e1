package provider

import (
	"context"

	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
)

// Entry is an authorization as the provider's books have it.
type Entry struct {
	Key       string // the idempotency key it was asked for with
	Reference string // the provider's name of it
	domain.Money
	// Open tells whether money is held or taken; else it was declined or given back.
	Open bool
}

// Statements is what a provider can tell an auditor: everything it ever did for
// an order, whatever key it was asked with. A provider need not be able to.
type Statements interface {
	Statement(ctx context.Context, orderID string) ([]Entry, error)
}
