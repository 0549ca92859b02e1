package rest_test

import (
	"context"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/rest"
)

func limited(cfg *rest.Config) {
	// So slow that nothing comes back within a test.
	cfg.Settings.RatePerSecond, cfg.Settings.RateBurst, cfg.Settings.InFlight = 0.001, 5, 3
}

func TestACustomerHasALimitOfItsOwn(t *testing.T) {
	w := newWorld(t, limited)
	ann, bob := w.issuer.Token(t, "ann"), w.issuer.Token(t, "bob")
	for range 5 {
		require.Equal(t, 200, w.call("GET", "/v1/orders", ann, "").StatusCode)
	}
	a := w.call("GET", "/v1/orders/o-1", ann, "")
	a.problem(429, "too-many-requests")
	seconds, err := strconv.Atoi(a.Header.Get("Retry-After"))
	require.NoError(t, err)
	assert.InDelta(t, 1000, seconds, 50, "until the next request is allowed")
	w.call("POST", "/v1/orders", w.issuer.Token(t, "ann"), oneLine, "Idempotency-Key", "k").problem(429, "too-many-requests")
	assert.Equal(t, 200, w.call("GET", "/v1/orders", bob, "").StatusCode, "another customer from the same address")
	for _, path := range []string{"/livez", "/readyz", "/openapi.json"} {
		assert.Equal(t, 200, w.call("GET", path, "", "").StatusCode, path)
	}
}

func TestWhoHasNoTokenIsLimitedByAddress(t *testing.T) {
	w := newWorld(t, limited)
	for range 5 {
		w.call("GET", "/v1/orders", "nonsense", "").problem(401, "invalid-token")
	}
	a := w.call("GET", "/v1/orders", "nonsense", "", "X-Forwarded-For", "192.0.2.7")
	a.problem(429, "too-many-requests")
	assert.NotEmpty(t, a.Header.Get("Retry-After"))
	w.call("GET", "/v1/terms", "", "").problem(429, "too-many-requests")
	assert.Equal(t, 200, w.call("GET", "/v1/orders", w.shopper(), "").StatusCode, "a customer behind the same gateway")
}

func TestACustomerWaitsForSoManyOrdersAtOnce(t *testing.T) {
	w := newWorld(t, limited)
	ann, bob := w.issuer.Token(t, "ann"), w.issuer.Token(t, "bob")
	arrived, settled := make(chan struct{}, 3), make(chan struct{})
	w.answer = func(ctx context.Context, _ *placeOrder) (*placed, error) {
		arrived <- struct{}{}
		<-settled
		return &placed{}, nil
	}
	var waits sync.WaitGroup
	statuses := make([]int, 3)
	for i := range statuses {
		waits.Go(func() {
			statuses[i] = w.call("POST", "/v1/orders", ann, oneLine, "Idempotency-Key", strconv.Itoa(i)).StatusCode
		})
	}
	for range statuses {
		<-arrived
	}
	a := w.call("POST", "/v1/orders", ann, oneLine, "Idempotency-Key", "4")
	a.problem(429, "too-many-requests")
	assert.Equal(t, "1", a.Header.Get("Retry-After"))
	assert.Equal(t, 200, w.call("GET", "/v1/orders", bob, "").StatusCode, "another customer")
	close(settled)
	waits.Wait()
	assert.Equal(t, []int{201, 201, 201}, statuses)
	assert.Equal(t, 200, w.call("GET", "/v1/orders", ann, "").StatusCode, "the place is free again")
}

func TestLimitsAreChecked(t *testing.T) {
	for text, bad := range map[string]rest.Settings{
		"RATE_LIMIT_PER_SECOND": {RatePerSecond: -1}, "RATE_LIMIT_BURST": {RatePerSecond: 1}, "REQUESTS_IN_FLIGHT": {InFlight: -1},
	} {
		assert.ErrorContains(t, bad.Check(false), text)
	}
	assert.NoError(t, rest.Settings{}.Check(false), "no limits")
}
