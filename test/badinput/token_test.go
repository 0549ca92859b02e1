package badinput_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/auth/authtest"
	"github.com/ordersaga/ordersaga/test/shop"
)

// TestTokensThatAreNone gives orders an issuer of the test's own, which signs what no issuer would.
func TestTokensThatAreNone(t *testing.T) {
	issuer := authtest.New(t)
	issuer.Development.Store(true)
	s := shop.Open(t, shop.Options{
		Without: []string{shop.Paysim, shop.Catalog, shop.Inventory, shop.Payments, shop.Worker},
		Env: map[string][]string{shop.Orders: {
			"OIDC_ISSUER=" + issuer.URL, "OIDC_AUDIENCE=" + authtest.Audience,
			"OIDC_CLIENT_ID=" + authtest.ClientID, "OIDC_CLIENT_SECRET=" + authtest.ClientSecret,
		}},
	})
	list := func(token string) shop.Answer { return s.Bearer(token).Get(shop.Orders, "/v1/orders") }
	with := func(claims map[string]any) string { return issuer.TokenWith(t, claims) }
	good := issuer.Token(t, "anna")
	require.Equal(t, http.StatusOK, list(good).Status, "a good one is taken")

	now := time.Now()
	claims := jwt.MapClaims{"iss": issuer.URL, "aud": authtest.Audience, "sub": "anna", "exp": now.Add(time.Hour).Unix()}
	unsigned, err := jwt.NewWithClaims(jwt.SigningMethodNone, claims).SignedString(jwt.UnsafeAllowNoneSignatureType)
	require.NoError(t, err)
	symmetric, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(authtest.ClientSecret))
	require.NoError(t, err)
	parts := strings.Split(good, ".")
	promoted := strings.Split(issuer.Token(t, "anna", auth.ScopeOperator), ".")

	for name, token := range map[string]string{
		"for another audience":          with(map[string]any{"aud": "another-shop"}),
		"for nobody":                    with(map[string]any{"aud": nil}),
		"of another issuer":             with(map[string]any{"iss": "https://issuer.example"}),
		"of another issuer, its key":    authtest.New(t).Token(t, "anna"),
		"signed by another key":         authtest.New(t).TokenWith(t, map[string]any{"iss": issuer.URL, "sub": "anna"}),
		"expired":                       with(map[string]any{"exp": now.Add(-time.Minute).Unix()}),
		"that never expires":            with(map[string]any{"exp": nil}),
		"not valid yet":                 with(map[string]any{"nbf": now.Add(time.Hour).Unix()}),
		"of nobody":                     with(map[string]any{"sub": nil}),
		"of a subject that is too long": with(map[string]any{"sub": strings.Repeat("x", 256)}),
		"without a signature":           unsigned,
		"signed with a shared secret":   symmetric,
		"with its signature cut off":    parts[0] + "." + parts[1] + ".",
		"with other claims put in":      parts[0] + "." + promoted[1] + "." + parts[2],
	} {
		t.Run(name, func(t *testing.T) {
			answer := list(token)
			require.Equal(t, http.StatusUnauthorized, answer.Status, "%s", answer)
			assert.Equal(t, "application/problem+json", answer.Header.Get("Content-Type"))
			assert.Equal(t, "https://ordersaga.dev/problems/invalid-token", answer.Field("type"))
			assert.Contains(t, answer.Header.Get("WWW-Authenticate"), `error="invalid_token"`)
			assert.NotContains(t, string(answer.Body), token)
		})
	}
	require.Equal(t, http.StatusOK, list(good).Status, "and is taken still")
}
