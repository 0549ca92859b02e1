package listcauses_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/orderstest"
	"github.com/ordersaga/ordersaga/services/orders/internal/queries/listcauses"
	"github.com/ordersaga/ordersaga/services/orders/internal/runs"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

func step(name, service, kind string) domain.StuckStep {
	return domain.StuckStep{Step: name, Attempts: 5, LastError: "no answer", Service: service, Kind: kind}
}

func TestTroublesAreGroupedByTheirCause(t *testing.T) {
	w := orderstest.Start(t, orderstest.WithReadModel())
	voiding := step("VoidPayment", "payments", sagas.FailureUnavailable)
	var orders []string
	for range 2 {
		orders = append(orders, w.Stuck("ann", voiding))
	}
	both := w.Stuck("bob", voiding, step("ReleaseStock", "inventory", sagas.FailureUnreachable))
	orders = append(orders, both)
	w.Occupy(orders[0], "StrangeSaga") // nobody polls this test's task queue

	operator := w.As("op", auth.ScopeOperator)
	var found listcauses.Result
	testkit.Eventually(t, "the list to have the orders", func() bool {
		answer := operator.Get("/v1/sagas/causes")
		require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
		found = listcauses.Result{}
		answer.Read(&found)
		return len(found.Causes) == 4 && found.Causes[0].Orders == 3
	})
	assert.False(t, found.Blind)
	byName := map[string]listcauses.Cause{}
	for _, cause := range found.Causes {
		byName[cause.Cause] = cause
	}
	first := byName["place-order/VoidPayment/unavailable"]
	assert.Equal(t, 3, first.Orders)
	assert.Equal(t, []view.Money{{Amount: 3000, Currency: "GBP"}}, first.AtRisk)
	assert.EqualValues(t, 12, first.Units)
	assert.Equal(t, "payments", first.Service)
	assert.False(t, first.Oldest.IsZero())
	assert.Equal(t, 1, byName["place-order/ReleaseStock/unreachable"].Orders)
	assert.Equal(t, 2, byName["place-order/-/"+runs.NoRun].Orders)
	assert.Equal(t, 1, byName["place-order/-/"+runs.NoWorker].Orders)

	var listed []string
	for cursor := ""; ; {
		var page struct {
			Orders []struct {
				OrderID string `json:"order_id"`
				Version int64  `json:"version"`
			} `json:"orders"`
			Next string `json:"next_cursor"`
		}
		operator.Get("/v1/sagas/stuck?limit=2&cause=" + url.QueryEscape(first.Cause) + cursor).Read(&page)
		for _, order := range page.Orders {
			listed = append(listed, order.OrderID)
			assert.EqualValues(t, 4, order.Version)
		}
		if page.Next == "" {
			break
		}
		cursor = "&cursor=" + url.QueryEscape(page.Next)
	}
	assert.ElementsMatch(t, orders, listed)
	assert.Equal(t, http.StatusForbidden, w.As("ann").Get("/v1/sagas/causes").Status)
}
