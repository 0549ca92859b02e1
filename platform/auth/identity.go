// Package auth verifies the bearer tokens of an OpenID Connect issuer, and gets tokens for this
// service's own calls.
package auth

import (
	"context"
	"slices"
)

// The scopes that package platform uses.
const (
	// ScopeOperator may read and change the shop's data: products, stock, all orders.
	ScopeOperator = "ordersaga.operator"
	// ScopeService is for calls between the services.
	ScopeService = "ordersaga.service"
)

// Identity is a caller whose token was verified.
type Identity struct {
	// Subject is the caller's name at the issuer. It is never empty.
	Subject string
	// Client is the id of the OAuth client that the token was issued to; for a service token it
	// identifies the program. It is never empty.
	Client string
	Scopes []string
}

// Has reports whether the caller has a scope.
func (i Identity) Has(scope string) bool { return slices.Contains(i.Scopes, scope) }

type identityKey struct{}

// FromContext returns the verified caller of the request.
func FromContext(ctx context.Context) (Identity, bool) {
	identity, ok := ctx.Value(identityKey{}).(Identity)
	return identity, ok
}

// WithIdentity returns a context with the caller. Packages rest and rpc call it after Verify, tests
// to set a caller.
func WithIdentity(ctx context.Context, identity Identity) context.Context {
	return context.WithValue(ctx, identityKey{}, identity)
}
