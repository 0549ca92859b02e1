package announceproducts_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/events"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/catalogtest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/commands/announceproducts"
)

func TestEveryProductIsToldOfAgainAsItIsNow(t *testing.T) {
	db := catalogtest.Database(t)
	shop := catalogtest.REST(t, func(api *rest.API) {
		announceproducts.Route(api, db)
	})
	operator := catalogtest.Operator(t)
	// The outbox has nothing of them: it was relayed and pruned.
	_, err := db.SQL.ExecContext(t.Context(), `
		INSERT INTO products (sku, name, description, price_amount, currency, active, version, created_at, updated_at)
		SELECT 'SKU-' || n, 'Product', '', 200, 'GBP', true, 2, now(), now() FROM generate_series(0, 4) AS n`)
	require.NoError(t, err)

	path, announced := "/v1/products/announcements?limit=2", 0
	for more := true; more; {
		answer := shop.Send(t, operator, path, "", "")
		require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
		var page announceproducts.Announced
		answer.Into(t, &page)
		announced += page.Announced
		more = page.Next != ""
		path = "/v1/products/announcements?limit=2&cursor=" + url.QueryEscape(string(page.Next))
	}
	assert.Equal(t, 5, announced)
	told := catalogtest.Outbox(t, db)
	require.Len(t, told, 5)
	for sku, event := range told {
		var product events.ProductChanged
		require.NoError(t, event.DataAs(&product))
		assert.Equal(t, events.ProductChangedV1, event.Type())
		assert.Equal(t, fmt.Sprintf("SKU-%d", sku), product.SKU)
		assert.EqualValues(t, 200, product.Price)
		assert.EqualValues(t, 2, product.Version, "versions stay")
	}
	assert.Equal(t, http.StatusForbidden, shop.Send(t, catalogtest.Shopper(t), "/v1/products/announcements", "", "").Status)
}
