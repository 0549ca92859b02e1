package getavailability_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/catalogtest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/queries/getavailability"
)

func TestAvailabilityIsOfTheStockAndOfTheProduct(t *testing.T) {
	db := catalogtest.Database(t)
	products, feed := catalogtest.ReadSide(t, db)
	shop := catalogtest.REST(t, func(api *rest.API) { getavailability.Route(api, products) })
	shopper := catalogtest.Shopper(t)
	const path = "/v1/products/MUG-1/availability"
	shown := func() (shown getavailability.Availability) {
		t.Helper()
		require.NoError(t, feed.CatchUp(t.Context()))
		answer := shop.Get(t, shopper, path)
		require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
		answer.Into(t, &shown)
		return shown
	}
	require.Equal(t, http.StatusNotFound, shop.Get(t, shopper, path).Status)
	catalogtest.Store(t, db, "MUG-1", "Mug", 1)
	want := getavailability.Availability{SKU: "MUG-1", Active: true}
	assert.Equal(t, want, shown(), "inventory has told nothing")
	catalogtest.Stock(t, db, "MUG-1", 7, 2)
	want.Available, want.Orderable = 7, true
	assert.Equal(t, want, shown())
	catalogtest.Stock(t, db, "MUG-1", 0, 3)
	want.Available, want.Orderable = 0, false
	assert.Equal(t, want, shown())
	catalogtest.Stock(t, db, "MUG-1", 4, 4)
	_, err := db.SQL.ExecContext(t.Context(), `UPDATE products SET active = false, version = 2 WHERE sku = 'MUG-1'`)
	require.NoError(t, err)
	want.Available, want.Active = 4, false
	assert.Equal(t, want, shown(), "retired")
	assert.Equal(t, http.StatusUnauthorized, shop.Get(t, "", path).Status)
}
