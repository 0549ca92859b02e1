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
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/services/catalog/internal/catalogtest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/queries/listproducts"
	"github.com/ordersaga/ordersaga/services/catalog/internal/readside"
	"github.com/ordersaga/ordersaga/services/catalog/internal/store"
	"github.com/ordersaga/ordersaga/services/catalog/internal/wire"
)

type page struct {
	Products   []wire.Product `json:"products"`
	NextCursor string         `json:"next_cursor"`
	Behind     int64          `json:"behind"`
	Seconds    float64        `json:"behind_seconds"`
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
	var p page
	before.Into(t, &p)
	require.Len(t, p.Products, 45)
	for _, product := range p.Products {
		assert.Equal(t, &wire.ProductStock{Available: 5}, product.Stock, product.SKU)
	}
	// The one that was created first changes last.
	_, err := db.SQL.ExecContext(t.Context(), `UPDATE products SET updated_at = now() WHERE sku = 'SKU-0'`)
	require.NoError(t, err)
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

// How old the oldest change is that is not shown stays true while the feed stands still, also when
// the same product changes again.
func TestTheListSaysHowFarItIsBehind(t *testing.T) {
	shop, db, feed := list(t)
	shopper := catalogtest.Shopper(t)
	read := func() (p page) {
		answer := shop.Get(t, shopper, "/v1/products")
		require.Equal(t, http.StatusOK, answer.Status)
		answer.Into(t, &p)
		return p
	}
	execute := func(statement string) {
		_, err := db.SQL.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
	catalogtest.Store(t, db, "MUG", "Mug", 100)
	execute(`UPDATE search_changes SET changed_at = changed_at - interval '1 hour'`)
	now := read()
	assert.EqualValues(t, 1, now.Behind)
	assert.InDelta(t, 3600, now.Seconds, 600)

	_, _, err := store.NewChanges(db).Changes(t.Context(), 0, 10) // a feed that cannot write gives positions all the same
	require.NoError(t, err)
	execute(`UPDATE products SET name = 'Cup'`)
	testkit.Eventually(t, "the second change to count", func() bool { now = read(); return now.Behind == 2 })
	assert.Greater(t, now.Seconds, 3600.0)

	require.NoError(t, feed.CatchUp(t.Context()))
	testkit.Eventually(t, "the list to be up to date", func() bool { now = read(); return now.Behind == 0 })
	assert.Zero(t, now.Seconds)
	assert.Equal(t, "Cup", now.Products[0].Name)
}

func TestAnEmptyCatalogIsAnEmptyList(t *testing.T) {
	shop, _, _ := list(t)
	answer := shop.Get(t, catalogtest.Shopper(t), "/v1/products")
	require.Equal(t, http.StatusOK, answer.Status)
	assert.JSONEq(t, `{"products":[],"behind":0,"behind_seconds":0}`, string(answer.Body))
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
