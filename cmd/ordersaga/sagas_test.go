package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Stuck sagas also try by themselves, so the list is out of date at once.
func TestAnActOnACauseBeginsAlthoughItsFirstOrderWasJustSettled(t *testing.T) {
	var asked []string
	acts := map[string]string{"/v1/orders/settled/why": `[]`, "/v1/orders/stuck/why": `[{"name":"retry","allowed":true,"effect":"voids £5.00 now"}]`}
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path)
		if r.URL.Path == "/v1/sagas/stuck" {
			_, _ = io.WriteString(w, `{"orders":[{"order_id":"settled"},{"order_id":"stuck"}]}`)
			return
		}
		_, _ = io.WriteString(w, `{"order_id":"x","acts":`+acts[r.URL.Path]+`}`)
	}))
	defer service.Close()
	t.Setenv("ORDERSAGA_TOKEN", "of-an-operator")
	services := &addresses{URL: map[string]string{"orders": service.URL}}
	require.NoError(t, run(t, services, "sagas", "retry", "--cause=c", "--note=n", "--dry-run"))
	assert.Equal(t, []string{"/v1/sagas/stuck", "/v1/orders/settled/why", "/v1/orders/stuck/why"}, asked)
	assert.ErrorContains(t, run(t, services, "sagas", "skip", "--cause=c", "--step=s", "--note=n", "--dry-run"), "skip is not possible")
}

// A pause of a second divided by so little would not fit into a duration, and be none.
func TestARateThatIsNearlyNothingIsRefused(t *testing.T) {
	t.Setenv("ORDERSAGA_TOKEN", "of-an-operator")
	for _, rate := range []string{"1e-11", "0", "NaN"} {
		err := run(t, &addresses{}, "sagas", "retry", "--cause=c", "--note=n", "--rate="+rate)
		assert.ErrorAs(t, err, new(usage), rate)
	}
}
