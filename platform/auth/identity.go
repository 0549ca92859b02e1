// Package auth tells who is calling: it verifies the bearer tokens of an OpenID Connect issuer and
// gets tokens for this service's own calls.
package auth

import (
	"context"
	"slices"
)

// The scopes that platform code knows.
const (
	// ScopeOperator may see and change what belongs to the shop: products, stock, everybody's
	// orders.
	ScopeOperator = "ordersaga.operator"
	// ScopeService is for calls between the services.
	ScopeService = "ordersaga.service"
)

// Identity is a caller whose token was verified.
type Identity struct {
	// Subject names the caller at the issuer. Never empty.
	Subject string
	// Client is the id of the OAuth client that the token was issued to. Of a program that calls in
	// its own name it says which program it is. Never empty.
	Client string
	Scopes []string
}

// Has tells whether the caller was granted a scope.
func (i Identity) Has(scope string) bool { return slices.Contains(i.Scopes, scope) }

type identityKey struct{}

// FromContext is the caller of the request, when it was verified.
func FromContext(ctx context.Context) (Identity, bool) {
	identity, ok := ctx.Value(identityKey{}).(Identity)
	return identity, ok
}

// WithIdentity makes a context whose caller is identity. Borders call it after Verify; tests call
// it to be somebody.
func WithIdentity(ctx context.Context, identity Identity) context.Context {
	return context.WithValue(ctx, identityKey{}, identity)
}
