package shop_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/shop"
)

func answering(t *testing.T, status int, contentType, body string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestAProblemIsReadable(t *testing.T) {
	for name, test := range map[string]struct {
		status     int
		body, want string
	}{
		"out of stock": {
			422, `{"type":"https://ordersaga.dev/problems/out-of-stock","title":"Out of stock","status":422,"detail":"Too few.","shortages":[{"sku":"PEN","requested":5,"available":3}]}`,
			"Out of stock (422 out-of-stock): Too few.\n  PEN: 5 wanted, 3 left",
		},
		"more than are named": {
			422, `{"type":"https://ordersaga.dev/problems/unknown-product","title":"Unknown product","status":422,"skus":["A","B"],"more":975}`,
			"Unknown product (422 unknown-product)\n  SKUs: A, B\n  and 975 more SKUs",
		},
		"details of a refusal": {
			422, `{"type":"https://ordersaga.dev/problems/payment-declined","title":"Payment declined","details":{"decline_code":"expired_card"}}`,
			"Payment declined (422 payment-declined)\n  decline code: expired_card",
		},
		"wrong fields": {
			422, `{"type":"https://ordersaga.dev/problems/validation-failed","title":"Validation failed","errors":[{"field":"body.lines","message":"expected at least 1"}],"trace_id":"abc"}`,
			"Validation failed (422 validation-failed)\n  body.lines: expected at least 1\n  trace: abc",
		},
		"a proxy's page": {502, "<html>bad gateway</html>", "502 Bad Gateway (502): <html>bad gateway</html>"},
		"nothing":        {500, "", "500 Internal Server Error (500)"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := shop.Do(t.Context(), shop.Request{
				Method: http.MethodGet, URL: answering(t, test.status, "application/problem+json", test.body), Path: "/",
			})
			var problem *shop.Problem
			require.ErrorAs(t, err, &problem)
			assert.Equal(t, test.status, problem.Status)
			assert.Equal(t, test.want, problem.Error())
			assert.Equal(t, test.body, string(problem.Raw))
		})
	}
}

func TestTheRequestCarriesWhatWasAskedFor(t *testing.T) {
	var got *http.Request
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.Header().Set("Idempotent-Replayed", "true")
		_, _ = io.WriteString(w, `{"id":"1"}`)
	}))
	defer server.Close()
	wait := 3 * time.Second
	answer, err := shop.Do(t.Context(), shop.Request{
		Method: http.MethodPost, URL: server.URL, Path: "/v1/orders", Token: "secret", IdempotencyKey: "k", IfMatch: `"7"`, Wait: &wait,
		Body: map[string]int{"a": 1},
	})
	require.NoError(t, err)
	assert.True(t, answer.Replayed())
	assert.Equal(t, "Bearer secret", got.Header.Get("Authorization"))
	assert.Equal(t, "k", got.Header.Get("Idempotency-Key"))
	assert.Equal(t, `"7"`, got.Header.Get("If-Match"))
	assert.Equal(t, "wait=3", got.Header.Get("Prefer"))
	assert.Equal(t, "application/json", got.Header.Get("Content-Type"))
	assert.JSONEq(t, `{"a":1}`, string(body))
}

func TestNobodyThereSaysWhatToDo(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	_, err := shop.Do(t.Context(), shop.Request{Method: http.MethodGet, URL: server.URL, Path: "/", Token: "secret"})
	require.ErrorContains(t, err, "no answer from "+server.URL)
	assert.ErrorContains(t, err, "`make run` starts everything")
	assert.NotContains(t, err.Error(), "secret")
}
