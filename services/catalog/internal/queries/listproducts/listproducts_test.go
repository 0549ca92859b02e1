package listproducts_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/catalogtest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/queries/listproducts"
	"github.com/ordersaga/ordersaga/services/catalog/internal/readside"
	"github.com/ordersaga/ordersaga/services/catalog/internal/wire"
)

type page struct {
	Products   []wire.Product `json:"products"`
	NextCursor string         `json:"next_cursor"`
}

// list is the operation on a database, and what makes its documents follow.
func list(t *testing.T) (shop *catalogtest.Client, db *postgres.DB, feed *readside.Feed) {
	t.Helper()
	db = catalogtest.Database(t)
	products, feed := catalogtest.ReadSide(t, db)
	return catalogtest.REST(t, func(api *rest.API) { listproducts.Route(api, products, feed) }), db, feed
}

func TestPagesShowEachProductOnceTheNewestFirst(t *testing.T) {
	shop, db, feed := list(t)
	var all []string
	for i := range 80 {
		sku := fmt.Sprintf("SKU-%d", i)
		catalogtest.Store(t, db, sku, "Product", 100)
		all = append([]string{sku}, all...)
		if i%30 == 0 { // in several batches
			require.NoError(t, feed.CatchUp(t.Context()))
		}
	}
	catalogtest.Stock(t, db, "STOCK-ONLY", 5, 1)
	require.NoError(t, feed.CatchUp(t.Context()))

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
		assert.Equal(t, (len(all)+limit-1)/limit, pages, "limit %d: pages are full, and none is empty", limit)
	}
}

// A rebuild makes the same list anew, in the order in which the products were created, while the old
// one is read.
func TestARebuiltListIsTheSame(t *testing.T) {
	shop, db, feed := list(t)
	shopper := catalogtest.Shopper(t)
	for i := range 45 {
		catalogtest.Store(t, db, fmt.Sprintf("SKU-%d", i), "Product", 100)
		catalogtest.Stock(t, db, fmt.Sprintf("SKU-%d", i), 5, 1)
	}
	require.NoError(t, feed.CatchUp(t.Context()))
	before := shop.Get(t, shopper, "/v1/products?limit=100")
	require.Equal(t, http.StatusOK, before.Status)
	// The one that was created first changes last.
	catalogtest.Stock(t, db, "SKU-0", 5, 2)
	require.NoError(t, feed.CatchUp(t.Context()))
	require.NoError(t, feed.Begin(t.Context()))
	require.NoError(t, feed.CatchUp(t.Context()))
	live, err := feed.Live(t.Context())
	require.NoError(t, err)
	require.Greater(t, live.Number, int64(1))
	assert.JSONEq(t, string(before.Body), string(shop.Get(t, shopper, "/v1/products?limit=100").Body))
}

// A page reads its window and nothing else, however long the list is.
func TestAPageIsOneQueryOfAFewDocuments(t *testing.T) {
	db := catalogtest.Database(t)
	commands, products, feed := catalogtest.CountedReadSide(t, db)
	for i := range 300 {
		catalogtest.Store(t, db, fmt.Sprintf("SKU-%d", i), "Product", 100)
	}
	require.NoError(t, feed.CatchUp(t.Context()))
	for _, before := range []int64{0, 155, 30} {
		commands.Reset()
		page, _, err := products.Page(t.Context(), before, 20)
		require.NoError(t, err)
		require.Len(t, page, 20)
		assert.Equal(t, 1, commands.Finds(), "before %d", before)
		assert.LessOrEqual(t, commands.Documents(), 30, "before %d", before)
	}
}

func TestAnEmptyCatalogIsAnEmptyList(t *testing.T) {
	shop, _, _ := list(t)
	answer := shop.Get(t, catalogtest.Shopper(t), "/v1/products")
	require.Equal(t, http.StatusOK, answer.Status)
	assert.JSONEq(t, `{"products":[],"behind":0}`, string(answer.Body))
}

func TestWhatCannotBeListed(t *testing.T) {
	shop, _, _ := list(t)
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
