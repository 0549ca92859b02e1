package auditproducts_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/catalogtest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
	"github.com/ordersaga/ordersaga/services/catalog/internal/queries/auditproducts"
	"github.com/ordersaga/ordersaga/services/catalog/internal/store"
)

// sell makes a product.
func sell(t *testing.T, db *postgres.DB, sku string, price int64) {
	t.Helper()
	product, err := domain.NewProduct(domain.Content{SKU: sku, Name: "the " + sku, Price: price, Currency: "GBP"}, catalogtest.At)
	require.NoError(t, err)
	require.NoError(t, db.InTx(t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
		_, _, err := store.Create(ctx, tx, product)
		return err
	}))
}

func TestDocumentsAreComparedWithTheProductsPageByPage(t *testing.T) {
	db := catalogtest.Database(t)
	products, feed := catalogtest.ReadSide(t, db)
	sell(t, db, "A-same", 1250)
	sell(t, db, "a-dearer", 1250)
	catalogtest.Stock(t, db, "A-same", 7, 3)
	catalogtest.Stock(t, db, "Y-stock-only", 5, 1)
	require.NoError(t, feed.CatchUp(t.Context()))
	sell(t, db, "B-missing", 1250)
	_, err := db.SQL.ExecContext(t.Context(), `UPDATE products SET price_amount = 1300 WHERE sku = 'a-dearer'`)
	require.NoError(t, err)
	shop := catalogtest.REST(t, func(api *rest.API) { auditproducts.Route(api, db, products) })
	operator := catalogtest.Operator(t)
	want := []auditproducts.AuditProduct{
		{SKU: "A-same", Stock: &auditproducts.AuditProductStock{Available: 7, Version: 3}},
		{SKU: "B-missing", Problem: "shoppers do not see it: the document is missing"},
		{SKU: "a-dearer", Problem: "shoppers see price 1250, the product has 1300"},
	}
	for _, limit := range []string{"1", "1000"} {
		var found []auditproducts.AuditProduct
		for next, pages := "", 0; pages == 0 || next != ""; pages++ {
			require.Less(t, pages, 4)
			answer := shop.Get(t, operator, "/v1/audit/products?limit="+limit+"&cursor="+next)
			require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
			var page auditproducts.Page
			answer.Into(t, &page)
			found, next = append(found, page.Products...), string(page.Next)
		}
		assert.Equal(t, want, found, "%s rows on a page", limit)
	}
	assert.Equal(t, http.StatusForbidden, shop.Get(t, catalogtest.Shopper(t), "/v1/audit/products").Status)
}
