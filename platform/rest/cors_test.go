package rest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/rest"
)

func TestPagesOfAllowedOriginsMayCall(t *testing.T) {
	const shop = "https://shop.example.com"
	w := newWorld(t, func(cfg *rest.Config) {
		cfg.Settings.AllowedOrigins = []string{shop, "http://localhost:3000"}
	})
	preflight := func(origin, path, method string) answer {
		return w.call("OPTIONS", path, "", "", "Origin", origin, "Access-Control-Request-Method", method,
			"Access-Control-Request-Headers", "authorization, idempotency-key, content-type")
	}
	for _, origin := range []string{shop, "http://localhost:3000"} {
		a := preflight(origin, "/v1/orders", "POST")
		require.Equal(t, 204, a.StatusCode, a.body)
		assert.Equal(t, origin, a.Header.Get("Access-Control-Allow-Origin"))
		assert.Contains(t, a.Header.Get("Access-Control-Allow-Methods"), "POST")
		assert.NotContains(t, a.Header.Get("Access-Control-Allow-Methods"), "DELETE", "the path does not have it")
		for _, name := range []string{"Authorization", "Idempotency-Key", "Content-Type", "If-Match", "Prefer"} {
			assert.Contains(t, a.Header.Get("Access-Control-Allow-Headers"), name)
		}
		assert.Equal(t, "600", a.Header.Get("Access-Control-Max-Age"))
		assert.Empty(t, a.Header.Get("Access-Control-Allow-Credentials"))
		assert.Contains(t, a.Header.Values("Vary"), "Origin")

		a = w.call("POST", "/v1/orders", w.shopper(), oneLine, "Idempotency-Key", "k1", "Origin", origin)
		require.Equal(t, 201, a.StatusCode, a.body)
		assert.Equal(t, origin, a.Header.Get("Access-Control-Allow-Origin"))
		for _, name := range []string{"ETag", "Location", "Retry-After", "Idempotent-Replayed", "Preference-Applied"} {
			assert.Contains(t, a.Header.Get("Access-Control-Expose-Headers"), name)
		}
	}
	a := w.call("GET", "/v1/orders", "", "", "Origin", shop)
	a.problem(401, "unauthenticated")
	assert.Equal(t, shop, a.Header.Get("Access-Control-Allow-Origin"), "a script can read why not")

	for _, origin := range []string{"https://evil.example", "https://shop.example.com.evil.example", "http://shop.example.com", "null"} {
		a := preflight(origin, "/v1/orders", "POST")
		assert.Empty(t, a.Header.Get("Access-Control-Allow-Origin"), origin)
		assert.Contains(t, a.Header.Values("Vary"), "Origin", "a cache does not give one origin's answer to another")
		a = w.call("GET", "/v1/orders", w.shopper(), "", "Origin", origin)
		assert.Equal(t, 200, a.StatusCode, "the browser keeps it from the page")
		assert.Empty(t, a.Header.Get("Access-Control-Allow-Origin"), origin)
	}
	preflight(shop, "/nowhere", "GET").problem(404, "not-found")
	a = w.call("OPTIONS", "/v1/orders", "", "", "Origin", shop)
	assert.Equal(t, "GET, HEAD, OPTIONS, POST", sorted(a.Header.Get("Allow")), "no preflight, but a question")
}

func TestWithoutOriginsNoPageMayCall(t *testing.T) {
	w := newWorld(t)
	for _, method := range []string{"OPTIONS", "GET"} {
		a := w.call(method, "/v1/orders", w.shopper(), "", "Origin", "https://shop.example.com", "Access-Control-Request-Method", "POST")
		for name := range a.Header {
			assert.NotContains(t, name, "Access-Control", method)
		}
	}
}

func TestOriginsAreOrigins(t *testing.T) {
	for _, good := range [][]string{nil, {"https://shop.example.com"}, {"http://localhost:3000", "https://a.b"}} {
		assert.NoError(t, rest.Settings{AllowedOrigins: good}.Check(false), "%v", good)
	}
	for _, bad := range []string{"*", "shop.example.com", "https://", "https://shop.example.com/", "https://*.example.com", "https://shop.example.com/x", "ftp://shop.example.com", "null", "https://u:p@shop.example.com", ""} {
		assert.ErrorContains(t, rest.Settings{AllowedOrigins: []string{bad}}.Check(false), "CORS_ALLOWED_ORIGINS", bad)
	}
}
