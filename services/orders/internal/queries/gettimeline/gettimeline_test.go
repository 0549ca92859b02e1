package gettimeline_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/services/orders/internal/orderstest"
	"github.com/ordersaga/ordersaga/services/orders/internal/queries/gettimeline"
)

func TestTheStoryIsToldInOrder(t *testing.T) {
	w := orderstest.Start(t)
	w.Work()
	path := w.As("ann").Place("k", orderstest.Body).Header.Get("Location")

	answer := w.As("ann").Get(path + "/timeline")
	require.Equal(t, http.StatusOK, answer.Status)
	require.Equal(t, `"6"`, answer.Header.Get("ETag"))
	var timeline gettimeline.Timeline
	answer.Read(&timeline)
	var types []string
	for _, entry := range timeline.Entries {
		require.NotZero(t, entry.At)
		types = append(types, entry.Type)
	}
	require.Equal(t, []string{"OrderPlaced", "StockReserved", "PaymentAuthorized", "OrderConfirmed"}, types)
	require.Equal(t, "Placed: 1 line, £13.90", timeline.Entries[0].Text)
	require.Regexp(t, `^Stock reserved, held until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$`, timeline.Entries[1].Text)
	require.Equal(t, "Confirmed: £13.90", timeline.Entries[3].Text)

	w.As("op", auth.ScopeOperator).Get(path + "/timeline").Read(&timeline)
	types = nil
	for i, entry := range timeline.Entries {
		require.EqualValues(t, i+1, entry.Version)
		types = append(types, entry.Type)
	}
	require.Equal(t, []string{"OrderPlaced", "SagaBegan", "StockReserved", "PaymentAuthorized", "OrderConfirmed", "SagaEnded"}, types, "for operators")

	require.Equal(t, http.StatusNotFound, w.As("bob").Get(path+"/timeline").Status)
	require.Equal(t, http.StatusNotFound, w.As("ann").Get("/v1/orders/none/timeline").Status)
}

func TestARejectedOrderSaysWhy(t *testing.T) {
	w := orderstest.Start(t)
	w.Work()
	path := w.As("ann").Place("k", orderstest.BodyPaidBy(orderstest.Reject)).Header.Get("Location")
	var timeline gettimeline.Timeline
	w.As("ann").Get(path + "/timeline").Read(&timeline)
	require.Equal(t, "Rejected: Not enough of TEA", timeline.Entries[1].Text)
}

func TestACancelledOrderTellsThatItsPaymentWasVoided(t *testing.T) {
	w := orderstest.Start(t)
	w.Work()
	ann := w.As("ann")
	path := ann.Place("k", orderstest.BodyPaidBy(orderstest.Cancel)).Header.Get("Location")
	var timeline gettimeline.Timeline
	ann.Get(path + "/timeline").Read(&timeline)
	var texts []string
	for _, entry := range timeline.Entries[1:] {
		texts = append(texts, entry.Text)
	}
	require.Equal(t, []string{"Payment authorized", "Authorization voided", "Stock released", "Cancelled: cancelled"}, texts[1:])
	order := ann.Get(path).Order()
	require.Equal(t, "voided", order.PaymentStatus)
	require.NotNil(t, order.Payment.VoidedAt)
}
