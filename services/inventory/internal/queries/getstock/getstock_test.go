package getstock_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/services/inventory/internal/inventorytest"
)

func TestStockOfASKUWithItsVersionAsETag(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, inventorytest.Lines{"mug": 10})
	require.NoError(t, w.Reserve(t, inventorytest.NewOrder(), inventorytest.Lines{"mug": 4}))

	answer := w.Shopper(t, http.MethodGet, "/v1/stock/mug", "")
	require.Equal(t, http.StatusOK, answer.Status)
	assert.JSONEq(t, `{"sku":"mug","on_hand":10,"reserved":4,"available":6,"version":2}`, string(answer.Body))
	assert.Equal(t, `"2"`, answer.Header.Get("ETag"))
	assert.Equal(t, http.StatusNotModified, w.Shopper(t, http.MethodGet, "/v1/stock/mug", "", "If-None-Match", `"2"`).Status)

	w.Name(t, "mug", "Mug", 3)
	answer = w.Shopper(t, http.MethodGet, "/v1/stock/mug", "", "If-None-Match", `"2"`)
	require.Equal(t, http.StatusOK, answer.Status, "it has got a name")
	assert.Equal(t, `"3"`, answer.Header.Get("ETag"))
}

func TestAnUnknownSKUIsNotFound(t *testing.T) {
	w := inventorytest.New(t)
	for _, path := range []string{"/v1/stock/mug", "/v1/stock/blue%20mug", "/v1/stock/%F0%9F%8D%B5"} {
		answer := w.Shopper(t, http.MethodGet, path, "")
		assert.Equal(t, http.StatusNotFound, answer.Status, "%s: %s", path, answer.Body)
	}
	assert.Equal(t, "unknown-sku", w.Shopper(t, http.MethodGet, "/v1/stock/mug", "").ProblemType(t))
}
