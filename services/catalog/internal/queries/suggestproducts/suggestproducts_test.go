package suggestproducts_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/catalogtest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/queries/suggestproducts"
)

type suggestions struct {
	Suggestions []suggestproducts.ProductSuggestion `json:"suggestions"`
}

func TestSuggestionsCompleteNames(t *testing.T) {
	db := catalogtest.Database(t)
	index, caught := catalogtest.Search(t, db)
	shop := catalogtest.REST(t, func(api *rest.API) { suggestproducts.Route(api, index) })
	catalogtest.Store(t, db, "P-1", "Red retrospot mug", 495)
	catalogtest.Store(t, db, "P-2", "Red retrospot mug", 595)
	catalogtest.Store(t, db, "P-3", "Red <retrospot> bag", 1250)
	catalogtest.Store(t, db, "P-4", "Blue bag", 1250)
	caught()

	answer := shop.Get(t, catalogtest.Shopper(t), "/v1/products/suggestions?q=red+retr&limit=5")
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	var told suggestions
	answer.Into(t, &told)
	assert.Equal(t, []suggestproducts.ProductSuggestion{
		{Name: "Red <retrospot> bag", SKU: "P-3", Highlight: "<mark>Red</mark> &lt;<mark>retrospot</mark>&gt; bag"},
		{Name: "Red retrospot mug", SKU: "P-1", Highlight: "<mark>Red</mark> <mark>retrospot</mark> mug"},
	}, told.Suggestions)

	for query, status := range map[string]int{
		"q=x": http.StatusOK, "": http.StatusUnprocessableEntity, "q=x&limit=21": http.StatusUnprocessableEntity, "q=x&limit=0": http.StatusUnprocessableEntity,
	} {
		assert.Equal(t, status, shop.Get(t, catalogtest.Shopper(t), "/v1/products/suggestions?"+query).Status, query)
	}
}
