package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheSearchOfProductsAndOfOrdersIsRebuilt(t *testing.T) {
	var asked []string
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.Path)
		state := "building"
		if r.Method == http.MethodGet {
			state = "live"
		}
		_, _ = io.WriteString(w, `{"generation":2,"state":"`+state+`","done":1,"total":1}`)
	}))
	defer service.Close()
	t.Setenv("ORDERSAGA_TOKEN", "of-an-operator")
	require.NoError(t, run(t, &addresses{URL: map[string]string{"catalog": service.URL, "orders": service.URL}}, "rebuild", "search"))
	assert.Equal(t, []string{
		"POST /v1/rebuilds/search", "GET /v1/rebuilds/search", "POST /v1/rebuilds/search", "GET /v1/rebuilds/search",
	}, asked)
}

func TestASearchAsksForWhatItsFlagsSay(t *testing.T) {
	var asked string
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.Path + "?" + r.URL.RawQuery
		_, _ = io.WriteString(w, `{"products":[{"sku":"MUG","name":"Mug","price":{"amount":1250,"currency":"GBP"}}],"orders":[],"suggestions":[],"total":1,"facets":[],"similar":true}`)
	}))
	defer service.Close()
	t.Setenv("ORDERSAGA_TOKEN", "of-somebody")
	services := &addresses{URL: map[string]string{"catalog": service.URL, "orders": service.URL}}
	for want, words := range map[string][]string{
		"/v1/products/search?limit=20&q=retrospot+bag&sort=relevance": {"product", "search", "retrospot bag"},
		"/v1/products/search?availability=in_stock&currency=JPY&limit=5&max_price=900&min_price=500&sort=-price": {
			"product", "search", "--availability=in_stock", "--currency=JPY", "--min-price=500", "--max-price=900", "--sort=-price", "--limit=5",
		},
		"/v1/products/suggestions?limit=3&q=retr":                     {"product", "suggest", "retr", "--limit=3"},
		"/v1/orders/search?limit=20&q=tea&sort=relevance&stuck=false": {"order", "search", "tea", "--stuck=false"},
		"/v1/orders/search?email=a%40b.example&limit=20&number=100042&reason=out_of_stock&sku=TEA&sort=relevance&status=rejected": {
			"order", "search", "--number=100042", "--email=a@b.example", "--sku=TEA", "--status=rejected", "--reason=out_of_stock",
		},
		"/v1/orders/search?currency=GBP&limit=20&min_total=1250&placed_before=2026-03-02T00%3A00%3A00Z&placed_from=2026-03-01T00%3A00%3A00Z&sort=newest": {
			"order", "search", "--currency=GBP", "--min-total=12.50", "--from=2026-03-01T00:00:00Z", "--before=2026-03-02T00:00:00Z", "--sort=newest",
		},
	} {
		require.NoError(t, run(t, services, words...), "%v", words)
		assert.Equal(t, want, asked)
	}
	require.ErrorContains(t, run(t, services, "product", "search", "--min-price=5"), "--currency")
}
