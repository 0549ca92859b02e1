package internal_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/events"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/catalogtest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/commands/importproducts"
)

func TestAFileHasCategoriesAndImagesToo(t *testing.T) {
	db := catalogtest.Database(t)
	shop := catalogtest.REST(t, func(api *rest.API) { importproducts.Route(api, db, 1<<20) })
	catalogtest.Categories(t, db, "home", "home/mugs", "gifts")
	send := func(file string) catalogtest.Answer {
		return shop.Send(t, catalogtest.Operator(t), "/v1/products/import", "text/csv", file)
	}
	newest := func() (told events.ProductChanged) {
		waiting := catalogtest.Outbox(t, db)
		require.NoError(t, waiting[len(waiting)-1].DataAs(&told))
		return told
	}
	answer := send("sku,name,price,currency,categories,images\nMUG,Mug,1,GBP,mugs | gifts,https://a.example/1 A mug|https://a.example/2\n")
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	assert.Equal(t, []string{"gifts", "home/mugs"}, newest().CategoryPaths)
	images := []events.Image{{URL: "https://a.example/1", Alt: "A mug"}, {URL: "https://a.example/2"}}
	assert.Equal(t, images, newest().Images)

	answer = send("sku,name,price,currency\nMUG,Mug,2,GBP\n")
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	assert.Equal(t, []string{"gifts", "home/mugs"}, newest().CategoryPaths, "left out")
	assert.Equal(t, images, newest().Images)
	answer = send("sku,name,price,currency,categories,images\nMUG,Mug,2,GBP,,\n")
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	assert.Empty(t, newest().CategoryPaths)
	assert.Empty(t, newest().Images)

	answer = send("sku,name,price,currency,categories\nCUP,Cup,2,GBP,nowhere\n")
	require.Equal(t, http.StatusUnprocessableEntity, answer.Status, "%s", answer.Body)
	assert.Equal(t, "https://ordersaga.dev/problems/category-not-found", answer.Problem(t).Type)
	answer = send("sku,name,price,currency,images\nCUP,Cup,2,GBP,http://a.example/1\n")
	require.Equal(t, http.StatusUnprocessableEntity, answer.Status, "%s", answer.Body)
	assert.Equal(t, "row 2: images[0].url", answer.Problem(t).Errors[0].Field)
}
