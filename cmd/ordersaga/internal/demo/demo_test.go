package demo_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/client"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/demo"
)

func TestTheDemoShopHasWhatTheExamplesAskFor(t *testing.T) {
	products, err := demo.Products()
	require.NoError(t, err)
	assert.Len(t, products, 30)
	stock := map[string]int64{}
	for _, p := range products {
		assert.NotContains(t, stock, p.SKU, "each SKU once")
		assert.NotEmpty(t, p.Name)
		assert.NotEmpty(t, p.Description)
		assert.Positive(t, p.Price)
		assert.Positive(t, p.Stock)
		stock[p.SKU] = p.Stock
	}
	assert.GreaterOrEqual(t, stock[demo.Plenty], int64(1000))
	assert.GreaterOrEqual(t, stock[demo.Other], int64(1000))
	assert.Equal(t, int64(3), stock[demo.Scarce])
}

// Loading is repeated when the first one was cut short, so the delivery has one key for ever, and
// the services do the rest.
func TestLoadingTwiceIsTheSameDelivery(t *testing.T) {
	var keys []string
	var lines int
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "Bearer operator", r.Header.Get("Authorization"))
		var body struct {
			Lines    []json.RawMessage `json:"lines"`
			Products []json.RawMessage `json:"products"`
		}
		assert.NoError(t, json.NewDecoder(r.Body).Decode(&body))
		switch r.URL.Path {
		case "/v1/stock/receipts":
			keys = append(keys, r.Header.Get("Idempotency-Key"))
			lines = len(body.Lines)
		case "/v1/products/bulk":
			assert.Len(t, body.Products, 30)
		default:
			t.Errorf("unexpected call of %s", r.URL.Path)
		}
		_, _ = io.WriteString(w, `{"products":[]}`)
	}))
	defer server.Close()
	c, err := client.New(client.Config{Catalog: server.URL, Inventory: server.URL, Token: client.StaticToken("operator")})
	require.NoError(t, err)
	for range 2 {
		count, err := demo.Load(t.Context(), c)
		require.NoError(t, err)
		assert.Equal(t, 30, count)
	}
	assert.Equal(t, 30, lines)
	assert.Equal(t, []string{"demo-catalog-1", "demo-catalog-1"}, keys)
}
