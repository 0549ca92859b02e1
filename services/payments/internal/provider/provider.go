// Package provider is the port to the payment provider: what the service needs of any of them.
//
// The outcome of a call is a fact, or it is unknown. An error never means that nothing happened.
package provider

import (
	"context"
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
)

// Kind of a fact.
type Kind string

const (
	Authorized Kind = "authorized" // the amount is held
	Declined   Kind = "declined"   // nothing is held, and never will be under this key
	Voided     Kind = "voided"     // it was held, or taken, and was given back as a whole
	Expired    Kind = "expired"    // it was held until its time was over
	Captured   Kind = "captured"   // the amount was taken
	NotFound   Kind = "not_found"  // the provider does not know of it: not yet, perhaps
)

// Fact is what the provider said. Its values are the provider's own, never those that were sent:
// the service compares them with what it asked for.
type Fact struct {
	Kind Kind
	// OrderID and Key are of the authorization, as far as the provider repeats them.
	OrderID, Key string
	// Reference, Money and Terms go with all but Declined and NotFound.
	Reference string // the provider's name of the authorization
	domain.Money
	domain.Terms
	DeclineCode    string // with Declined: "insufficient_funds"
	DeclineMessage string // with Declined: may be shown to the shopper
}

// UnclearError is a state of an authorization that the adapter does not know. An operator is told.
type UnclearError struct {
	Reference string
	Status    string // in the provider's words
}

func (e *UnclearError) Error() string {
	return fmt.Sprintf("the provider says %q of %q, which is not known here", e.Status, e.Reference)
}

// Authorization asks for an amount to be held.
type Authorization struct {
	// Key makes the request one request, however often it is sent within the key's lifetime. It is a
	// hash of 64 characters.
	Key string
	// OrderID is what it is for; lookups go by it.
	OrderID string
	domain.Money
	PaymentMethod string // the provider's token
}

// Held is an authorization that is to be given back.
type Held struct {
	OrderID, Reference string
	domain.Money
}

// Provider holds money on a payment method and gives it back. Every call ends within a deadline of
// the adapter's.
type Provider interface {
	// Authorize answers what became of the request. After an error the outcome is unknown.
	Authorize(ctx context.Context, a Authorization) (Fact, error)
	// Void gives back what is held and answers Voided, also when that was done before, with whatever
	// key.
	Void(ctx context.Context, key string, h Held) (Fact, error)
	// Lookup tells what became of the request to authorize that was sent with the key, at present.
	Lookup(ctx context.Context, orderID, key string) (Fact, error)
	// KeyLifetime is for how long the provider is sure to remember an idempotency key; 0 is for ever.
	KeyLifetime() time.Duration
}
