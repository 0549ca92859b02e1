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
	// Of an authorization.
	Authorized Kind = "authorized" // something of the amount is held
	Declined   Kind = "declined"   // nothing is held, and never will be under this key
	Voided     Kind = "voided"     // it was held, or taken, and was given back as a whole
	Expired    Kind = "expired"    // it was held until its time was over
	Captured   Kind = "captured"   // nothing is held any more, and something was taken

	// Of a capture or refund.
	Submitted Kind = "submitted" // accepted: it will succeed or fail
	Succeeded Kind = "succeeded" // the money has moved
	Failed    Kind = "failed"    // the money has not moved, or was moved back

	NotFound Kind = "not_found" // the provider does not know of it: not yet, perhaps
)

// Fact is what the provider said. Its values are the provider's own, never those that were sent:
// the service compares them with what it asked for.
type Fact struct {
	Kind Kind
	// OrderID and Key are of the request, as far as the provider repeats them.
	OrderID, Key string
	// Reference and Money go with all but Declined and NotFound.
	Reference string // the provider's name of the authorization, capture or refund
	domain.Money
	// Terms are of an authorization.
	domain.Terms
	// Open and Captured are what can still be captured of the authorization, and what was, in minor
	// units. They go with the facts of authorizations and of captures.
	Open, Captured int64
	// Ended is how the authorization of a capture ended: Voided or Expired; empty when it has not.
	Ended          Kind
	DeclineCode    string // with Declined and Failed: "insufficient_funds"
	DeclineMessage string // with Declined and Failed: may be shown to the shopper
}

// UnclearError is a state that the adapter does not know. An operator is told.
type UnclearError struct {
	Reference string
	Status    string // in the provider's words
}

func (e *UnclearError) Error() string {
	return fmt.Sprintf("the provider says %q of %q, which is not known here", e.Status, e.Reference)
}

// Authorization asks for an amount to be held.
type Authorization struct {
	// Key makes the request one request, however often it is sent within the key's lifetime. It is
	// a hash of 64 characters.
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

// Capture asks for an amount of an authorization.
type Capture struct {
	Key           string // as of an Authorization
	OrderID       string
	Authorization string // the provider's name of it
	domain.Money
	// Final gives back what is left of the authorization. A provider that allows one capture does
	// so in any case.
	Final bool
}

// Refund asks for an amount of a capture to be given back.
type Refund struct {
	Key     string // as of an Authorization
	OrderID string
	Capture string // the provider's name of it
	domain.Money
}

// Provider holds money on a payment method, takes it and gives it back. Every call ends within a
// deadline of the adapter's. A provider that replays its first answer to a key says what was true
// then: the adapter answers what is true now.
type Provider interface {
	// Authorize answers what became of the request. After an error the outcome is unknown.
	Authorize(ctx context.Context, a Authorization) (Fact, error)
	// Void gives back what is held and answers Voided, also when that was done before, with
	// whatever key.
	Void(ctx context.Context, key string, h Held) (Fact, error)
	// Capture takes the amount. What the provider refuses is Failed; with one of the domain's codes
	// when the authorization had ended.
	Capture(ctx context.Context, c Capture) (Fact, error)
	// Refund gives the amount back. What the provider refuses is Failed.
	Refund(ctx context.Context, r Refund) (Fact, error)
	// Lookup tells what became of the request that was sent with the key, at present: of an
	// authorization, a capture or a refund.
	Lookup(ctx context.Context, orderID, key string) (Fact, error)
	// KeyLifetime is for how long the provider is sure to remember an idempotency key; 0 is for
	// ever.
	KeyLifetime() time.Duration
}
