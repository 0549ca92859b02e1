package announcestock_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/services/inventory/internal/commands/announcestock"
	"github.com/ordersaga/ordersaga/services/inventory/internal/inventorytest"
)

func TestEveryLevelIsToldOfAgainAsItIsNow(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, inventorytest.Lines{"a": 1, "B": 2, "c": 3})
	w.Receive(t, inventorytest.Lines{"B": 10})
	// The outbox is pruned after it was relayed.
	_, err := w.DB.SQL.ExecContext(t.Context(), `DELETE FROM outbox`)
	require.NoError(t, err)

	path := "/v1/stock/announcements?limit=2"
	for more := true; more; {
		answer := w.Operator(t, http.MethodPost, path, "")
		require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
		var page announcestock.Announced
		answer.Into(t, &page)
		more = page.Next != ""
		path = "/v1/stock/announcements?limit=2&cursor=" + url.QueryEscape(string(page.Next))
	}
	told := map[string]int64{}
	for _, announcement := range w.Announcements(t) {
		for _, level := range announcement.Levels {
			told[level.SKU] = level.Version*100 + level.Available
		}
	}
	assert.Equal(t, map[string]int64{"a": 101, "B": 212, "c": 103}, told, "with the versions that they have")
	assert.Equal(t, http.StatusForbidden, w.Shopper(t, http.MethodPost, path, "").Status)
}
