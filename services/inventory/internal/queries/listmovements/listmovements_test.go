package listmovements_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/services/inventory/internal/inventorytest"
	"github.com/ordersaga/ordersaga/services/inventory/internal/queries/listmovements"
)

type lines = inventorytest.Lines

func TestTheJournalOfASKUPageByPageTheNewestFirst(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 10, "cup": 10})
	order := inventorytest.NewOrder()
	require.NoError(t, w.Reserve(t, order, lines{"mug": 4}))
	require.NoError(t, w.Allocate(t, order))
	require.NoError(t, w.Release(t, order))

	var kinds []string
	var pages int
	for path := "/v1/stock/mug/movements?limit=2"; path != ""; pages++ {
		answer := w.Operator(t, http.MethodGet, path, "")
		require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
		var page listmovements.Page
		answer.Into(t, &page)
		for _, movement := range page.Movements {
			kinds = append(kinds, movement.Kind)
		}
		path = ""
		if page.Next != "" {
			path = "/v1/stock/mug/movements?limit=2&cursor=" + string(page.Next)
		}
	}
	assert.Equal(t, []string{"release", "allocate", "reserve", "receive"}, kinds)
	assert.Equal(t, 2, pages)
}

func TestTheJournalIsTheOperators(t *testing.T) {
	w := inventorytest.New(t)
	assert.Equal(t, http.StatusForbidden, w.Shopper(t, http.MethodGet, "/v1/stock/mug/movements", "").Status)
	assert.JSONEq(t, `{"movements":[]}`, string(w.Operator(t, http.MethodGet, "/v1/stock/mug/movements", "").Body))
}

func TestACursorOfAnotherSKUIsRefused(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 1, "cup": 1})
	w.Receive(t, lines{"mug": 1})
	var page listmovements.Page
	w.Operator(t, http.MethodGet, "/v1/stock/mug/movements?limit=1", "").Into(t, &page)
	require.NotEmpty(t, page.Next)
	answer := w.Operator(t, http.MethodGet, "/v1/stock/cup/movements?cursor="+string(page.Next), "")
	assert.Equal(t, http.StatusBadRequest, answer.Status)
	assert.Equal(t, "invalid-cursor", answer.ProblemType(t))
}
