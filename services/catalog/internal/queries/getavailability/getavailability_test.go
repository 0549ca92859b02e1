package getavailability_test

import (
	"net/http"
	"testing"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/events"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/catalogtest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/queries/getavailability"
)

func TestAvailabilityIsOfTheStockAndOfTheProduct(t *testing.T) {
	products := catalogtest.ReadSide(t)
	shop := catalogtest.REST(t, func(api *rest.API) { getavailability.Route(api, products) })
	shopper := catalogtest.Shopper(t)
	const path = "/v1/products/MUG-1/availability"
	told := func(event cloudevents.Event) getavailability.Availability {
		t.Helper()
		require.NoError(t, products.Apply(t.Context(), []cloudevents.Event{event}))
		answer := shop.Get(t, shopper, path)
		require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
		var shown getavailability.Availability
		answer.Into(t, &shown)
		return shown
	}
	require.Equal(t, http.StatusNotFound, shop.Get(t, shopper, path).Status)
	want := getavailability.Availability{SKU: "MUG-1", Active: true}
	assert.Equal(t, want, told(catalogtest.Created(t, "MUG-1")), "inventory has told nothing")
	want.Available, want.Orderable = 7, true
	assert.Equal(t, want, told(catalogtest.StockedAt(t, "MUG-1", 7, 2)))
	want.Available, want.Orderable = 0, false
	assert.Equal(t, want, told(catalogtest.StockedAt(t, "MUG-1", 0, 3)))
	told(catalogtest.StockedAt(t, "MUG-1", 4, 4))
	want.Available, want.Active = 4, false
	assert.Equal(t, want, told(catalogtest.Event(t, events.ProductChangedV1, events.SourceCatalog, "MUG-1", events.ProductChanged{
		SKU: "MUG-1", Name: "Mug", Price: 1, Currency: "GBP", Version: 2, CreatedAt: catalogtest.At,
	})), "retired")
	assert.Equal(t, http.StatusUnauthorized, shop.Get(t, "", path).Status)
}
