// Package nothingdue answers for the provider when an order costs nothing: no provider takes an
// amount of zero, and a free order is confirmed like any other.
package nothingdue

import (
	"context"

	"github.com/ordersaga/ordersaga/services/payments/internal/provider"
)

// Reference is the provider's reference of a payment of nothing.
const Reference = "nothing_due"

// Before makes a provider that keeps what costs nothing from the one behind it.
func Before(next provider.Provider) provider.Provider { return nothingDue{next} }

type nothingDue struct{ provider.Provider }

// Authorize implements provider.Provider.
func (f nothingDue) Authorize(ctx context.Context, a provider.Authorization) (provider.Fact, error) {
	if a.Amount == 0 {
		return provider.Fact{Kind: provider.Authorized, OrderID: a.OrderID, Key: a.Key, Reference: Reference, Money: a.Money}, nil
	}
	return f.Provider.Authorize(ctx, a)
}

// Void implements provider.Provider.
func (f nothingDue) Void(ctx context.Context, key string, h provider.Held) (provider.Fact, error) {
	if h.Reference == Reference {
		return provider.Fact{Kind: provider.Voided, OrderID: h.OrderID, Reference: Reference, Money: h.Money}, nil
	}
	return f.Provider.Void(ctx, key, h)
}
