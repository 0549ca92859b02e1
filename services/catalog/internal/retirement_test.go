package internal_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/events"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/catalogtest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/commands/retireproduct"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
	"github.com/ordersaga/ordersaga/services/catalog/internal/pricing"
	"github.com/ordersaga/ordersaga/services/catalog/internal/queries/quoteprices"
	"github.com/ordersaga/ordersaga/services/catalog/internal/wire"
)

func TestARetiredProductCannotBeOrderedUntilItIsRestored(t *testing.T) {
	db := catalogtest.Database(t)
	waker := catalogtest.NewWaker(db)
	shop := catalogtest.REST(t, func(api *rest.API) {
		retireproduct.Routes(api, db)
	})
	catalogtest.Store(t, db, "MUG-1", "Mug", 1250)
	operator := catalogtest.Operator(t)
	const path = "/v1/products/MUG-1/retirement"
	quote := func() error {
		_, err := quoteprices.New(db, pricing.Rates{}).Handle(t.Context(), quoteprices.Query{
			Currency: "GBP", Lines: []domain.Wanted{{SKU: "MUG-1", Quantity: 1}},
		})
		return err
	}
	is := func(answer catalogtest.Answer, active bool, version int64) {
		t.Helper()
		require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
		var product wire.Product
		answer.Into(t, &product)
		assert.Equal(t, active, product.Active)
		assert.Equal(t, version, product.Version)
		assert.Equal(t, rest.ETag(version), answer.Header.Get("ETag"))
		waiting := catalogtest.Outbox(t, db)
		require.Len(t, waiting, int(version-1), "one change, one event")
		var told events.ProductChanged
		require.NoError(t, waiting[version-2].DataAs(&told))
		assert.Equal(t, active, told.Active)
		assert.Equal(t, version, told.Version)
	}
	require.NoError(t, quote())
	is(shop.PostIf(t, operator, path, `"1"`, ""), false, 2)
	refused, ok := refusal.As(quote())
	require.True(t, ok)
	assert.Equal(t, refusals.UnknownProduct, refused.Reason)
	is(shop.PostIf(t, operator, path, `"1"`, ""), false, 2)
	is(shop.PostIf(t, operator, path, `"2"`, ""), false, 2)
	assert.Equal(t, http.StatusPreconditionFailed, shop.Delete(t, operator, path, `"1"`).Status)
	is(shop.Delete(t, operator, path, `"2"`), true, 3)
	require.NoError(t, quote())
	assert.Equal(t, 2, waker.Calls())

	assert.Equal(t, http.StatusPreconditionRequired, shop.PostIf(t, operator, path, "", "").Status)
	assert.Equal(t, http.StatusPreconditionFailed, shop.PostIf(t, operator, path, `"4"`, "").Status)
	assert.Equal(t, http.StatusNotFound, shop.PostIf(t, operator, "/v1/products/NONE/retirement", "*", "").Status)
	assert.Equal(t, http.StatusForbidden, shop.PostIf(t, catalogtest.Shopper(t), path, "*", "").Status)
	assert.Equal(t, http.StatusForbidden, shop.Delete(t, catalogtest.Shopper(t), path, "*").Status)
}
