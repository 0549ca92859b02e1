package getproduct_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/catalogtest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/queries/getproduct"
	"github.com/ordersaga/ordersaga/services/catalog/internal/wire"
)

func TestAProductIsShownWithItsStock(t *testing.T) {
	db := catalogtest.Database(t)
	products, feed := catalogtest.ReadSide(t, db)
	shop := catalogtest.REST(t, func(api *rest.API) { getproduct.Route(api, products) })
	shopper := catalogtest.Shopper(t)

	catalogtest.Store(t, db, "MUG_1.a-b", "the MUG_1.a-b", 1250)
	require.NoError(t, feed.CatchUp(t.Context()))
	answer := shop.Get(t, shopper, "/v1/products/MUG_1.a-b")
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	assert.Equal(t, `"1"`, answer.Header.Get("ETag"))
	var shown wire.Product
	answer.Into(t, &shown)
	assert.Equal(t, wire.Product{
		SKU: "MUG_1.a-b", Name: "the MUG_1.a-b", Categories: []string{}, CategoryPaths: []string{}, Images: []wire.Image{}, Price: wire.Price{Amount: 1250, Currency: "GBP"},
		Active: true, Version: 1, CreatedAt: shown.CreatedAt,
	}, shown)
	assert.NotContains(t, string(answer.Body), "stock", "unknown stock is not no stock")

	catalogtest.Stock(t, db, "MUG_1.a-b", 0, 1)
	require.NoError(t, feed.CatchUp(t.Context()))
	answer = shop.Get(t, shopper, "/v1/products/MUG_1.a-b")
	answer.Into(t, &shown)
	require.NotNil(t, shown.Stock, "%s", answer.Body)
	assert.Zero(t, shown.Stock.Available)

	seen := answer.Header.Get("ETag")
	assert.Equal(t, http.StatusNotModified, shop.GetUnless(t, shopper, "/v1/products/MUG_1.a-b", seen).Status)
	catalogtest.Stock(t, db, "MUG_1.a-b", 7, 2)
	require.NoError(t, feed.CatchUp(t.Context()))
	answer = shop.GetUnless(t, shopper, "/v1/products/MUG_1.a-b", seen)
	require.Equal(t, http.StatusOK, answer.Status, "its stock has changed")
	answer.Into(t, &shown)
	assert.EqualValues(t, 7, shown.Stock.Available)
}

func TestWhatIsNoProductIsNotFound(t *testing.T) {
	db := catalogtest.Database(t)
	products, feed := catalogtest.ReadSide(t, db)
	shop := catalogtest.REST(t, func(api *rest.API) { getproduct.Route(api, products) })
	catalogtest.Stock(t, db, "STOCK-ONLY", 5, 1)
	require.NoError(t, feed.CatchUp(t.Context()))
	shopper := catalogtest.Shopper(t)
	for _, sku := range []string{"NONE", "STOCK-ONLY", "a%20b", "%7B%22$gt%22:%22%22%7D", strings.Repeat("x", 500)} {
		answer := shop.Get(t, shopper, "/v1/products/"+sku)
		require.Equal(t, http.StatusNotFound, answer.Status, "%s: %s", sku, answer.Body)
		assert.Equal(t, "https://ordersaga.dev/problems/product-not-found", answer.Problem(t).Type)
	}
	assert.Equal(t, http.StatusUnauthorized, shop.Get(t, "", "/v1/products/NONE").Status)
}
