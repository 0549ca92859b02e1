package testkit

import (
	"testing"

	"github.com/ordersaga/ordersaga/platform/config"
)

// ClientSecret is the secret of every client of the test engines' issuer.
const ClientSecret = "test-only"

// Auth returns the settings to trust the test engines' issuer.
func Auth(t testing.TB) config.Auth {
	t.Helper()
	return config.Auth{Issuer: Issuer(t), Audience: "ordersaga", Environment: config.Development}
}

// Client returns a program's credentials at the test engines' issuer: each program has a client of
// its name.
func Client(t testing.TB, program string) config.Client {
	t.Helper()
	return config.Client{Auth: Auth(t), ClientID: program, ClientSecret: ClientSecret}
}
