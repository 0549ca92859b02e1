package listproducts_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/catalogtest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/queries/listproducts"
	"github.com/ordersaga/ordersaga/services/catalog/internal/wire"
)

type page struct {
	Products   []wire.Product `json:"products"`
	NextCursor string         `json:"next_cursor"`
}

func TestPagesShowEachProductOnceInOrder(t *testing.T) {
	products := catalogtest.ReadSide(t)
	shop := catalogtest.REST(t, func(api *rest.API) { listproducts.Route(api, products) })
	var all []string
	var told []cloudevents.Event
	for i := range 20 {
		// Bytewise, digits come before capitals before small letters, and "A-1" before "A.1".
		for _, form := range []string{"A-%d", "A.%d", "a%d", "%dB"} {
			all = append(all, fmt.Sprintf(form, i))
		}
	}
	for _, sku := range all {
		told = append(told, catalogtest.Created(t, sku))
	}
	told = append(told, catalogtest.Stocked(t, "STOCK-ONLY", 5))
	require.NoError(t, products.Apply(t.Context(), told))
	slices.Sort(all)

	shopper := catalogtest.Shopper(t)
	for _, limit := range []int{1, 7, 40, 80, 200} {
		var shown []string
		cursor, pages := "", 0
		for {
			answer := shop.Get(t, shopper, fmt.Sprintf("/v1/products?limit=%d&cursor=%s", limit, url.QueryEscape(cursor)))
			require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
			var p page
			answer.Into(t, &p)
			require.LessOrEqual(t, len(p.Products), limit)
			for _, product := range p.Products {
				shown = append(shown, product.SKU)
			}
			pages++
			if cursor = p.NextCursor; cursor == "" {
				break
			}
		}
		assert.Equal(t, all, shown, "limit %d", limit)
		assert.Equal(t, (len(all)+limit-1)/limit, pages, "limit %d: no empty page at the end", limit)
	}
}

func TestAnEmptyCatalogIsAnEmptyList(t *testing.T) {
	shop := catalogtest.REST(t, func(api *rest.API) { listproducts.Route(api, catalogtest.ReadSide(t)) })
	answer := shop.Get(t, catalogtest.Shopper(t), "/v1/products")
	require.Equal(t, http.StatusOK, answer.Status)
	assert.JSONEq(t, `{"products":[]}`, string(answer.Body))
}

func TestWhatCannotBeListed(t *testing.T) {
	shop := catalogtest.REST(t, func(api *rest.API) { listproducts.Route(api, catalogtest.ReadSide(t)) })
	shopper := catalogtest.Shopper(t)
	for path, status := range map[string]int{
		"/v1/products?limit=0":      http.StatusUnprocessableEntity,
		"/v1/products?limit=201":    http.StatusUnprocessableEntity,
		"/v1/products?limit=x":      http.StatusUnprocessableEntity,
		"/v1/products?cursor=A-1":   http.StatusBadRequest,
		"/v1/products?colour=green": http.StatusBadRequest,
	} {
		assert.Equal(t, status, shop.Get(t, shopper, path).Status, path)
	}
	assert.Equal(t, http.StatusUnauthorized, shop.Get(t, "", "/v1/products").Status)
}
