package auditlevels_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/services/inventory/internal/inventorytest"
	"github.com/ordersaga/ordersaga/services/inventory/internal/queries/auditlevels"
)

type lines = inventorytest.Lines

// The read side of the catalog is compared page by page, so both list in one order, whatever the
// database's own order of text is.
func TestLevelsInTheBytewiseOrderOfTheirSKUs(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"apple": 1, "Banana": 2, "cherry": 3, "Date": 4})
	require.NoError(t, w.Reserve(t, inventorytest.NewOrder(), lines{"Date": 1}))
	var found []auditlevels.AuditLevel
	for next, pages := "", 0; pages == 0 || next != ""; pages++ {
		require.Less(t, pages, 2)
		answer := w.Operator(t, http.MethodGet, "/v1/audit/levels?limit=2&cursor="+next, "")
		require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
		var page auditlevels.Page
		answer.Into(t, &page)
		found, next = append(found, page.Levels...), string(page.Next)
	}
	assert.Equal(t, []auditlevels.AuditLevel{
		{SKU: "Banana", Available: 2, Version: 1},
		{SKU: "Date", Available: 3, Version: 2},
		{SKU: "apple", Available: 1, Version: 1},
		{SKU: "cherry", Available: 3, Version: 1},
	}, found)
	assert.Equal(t, http.StatusForbidden, w.Shopper(t, http.MethodGet, "/v1/audit/levels", "").Status)
}
