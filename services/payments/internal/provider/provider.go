// Package provider is the port to the payment provider: what the service needs of any of them.
//
// The outcome of a call is a fact, or it is unknown. An error never means that nothing happened.
package provider

import "context"

// Kind of a fact.
type Kind string

const (
	Authorized Kind = "authorized" // the amount is held
	Declined   Kind = "declined"   // nothing is held, and never will be under this key
	Voided     Kind = "voided"     // it was held and was given back
	NotFound   Kind = "not_found"  // the provider does not know of it: not yet, perhaps
)

// Fact is what the provider said.
type Fact struct {
	Kind           Kind
	Reference      string // the provider's name of the authorization; with Authorized and Voided
	DeclineCode    string // with Declined: "insufficient_funds"
	DeclineMessage string // with Declined: may be shown to the shopper
}

// Authorization asks for an amount to be held.
type Authorization struct {
	// Key makes the request one request, however often it is sent.
	Key string
	// OrderID is what it is for; lookups go by it.
	OrderID       string
	Amount        int64 // minor units
	Currency      string
	PaymentMethod string // the provider's token
}

// Capabilities are what a provider can do beyond the port.
type Capabilities struct {
	// MultiCapture: an authorization can be captured in several parts.
	MultiCapture bool
}

// Provider holds money on a payment method and gives it back. Every call ends within a deadline of the adapter's.
type Provider interface {
	// Authorize answers Authorized or Declined. After an error the outcome is unknown.
	Authorize(ctx context.Context, a Authorization) (Fact, error)
	// Void gives back what is held and answers Voided, also when that was done before.
	Void(ctx context.Context, key, reference string) (Fact, error)
	// Lookup tells what became of the request to authorize that was sent with the key, at present.
	Lookup(ctx context.Context, orderID, key string) (Fact, error)
	Capabilities() Capabilities
}
