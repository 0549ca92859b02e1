package auditreservations_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/services/inventory/internal/inventorytest"
	"github.com/ordersaga/ordersaga/services/inventory/internal/queries/auditreservations"
)

type lines = inventorytest.Lines

func read(t *testing.T, w *inventorytest.World, path string) auditreservations.Page {
	t.Helper()
	answer := w.Operator(t, http.MethodGet, path, "")
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	var page auditreservations.Page
	answer.Into(t, &page)
	return page
}

func TestWhatEveryOrderHasInUnitsOfAllItsLines(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 100, "cup": 100})
	orders := []string{inventorytest.NewOrder(), inventorytest.NewOrder(), inventorytest.NewOrder()}
	slices.Sort(orders)
	for _, order := range orders {
		require.NoError(t, w.Reserve(t, order, lines{"mug": 3, "cup": 4}))
	}
	require.NoError(t, w.Allocate(t, orders[1]))
	require.NoError(t, w.Release(t, orders[2]))
	want := []auditreservations.AuditReservation{
		{OrderID: orders[0], Held: 7}, {OrderID: orders[1], Allocated: 7}, {OrderID: orders[2], Released: 7},
	}

	assert.Equal(t, want, read(t, w, "/v1/audit/reservations").Reservations)
	var paged []auditreservations.AuditReservation
	for next, pages := "", 0; pages == 0 || next != ""; pages++ {
		require.Less(t, pages, 3)
		page := read(t, w, "/v1/audit/reservations?limit=1&cursor="+next)
		paged, next = append(paged, page.Reservations...), string(page.Next)
	}
	assert.Equal(t, want, paged)
	some := read(t, w, "/v1/audit/reservations?orders="+orders[2]+","+inventorytest.NewOrder())
	assert.Equal(t, want[2:], some.Reservations)
	assert.Equal(t, http.StatusForbidden, w.Shopper(t, http.MethodGet, "/v1/audit/reservations", "").Status)
}
