package updateshipment_test

import (
	"net/http"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/services/orders/internal/orderstest"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

func TestAShipmentIsFollowedAndDeliveredOnce(t *testing.T) {
	w := orderstest.Start(t)
	operator, id := w.As("bob", auth.ScopeOperator), w.Confirmed("ann")
	path := "/v1/orders/" + id
	asked := operator.Do(http.MethodPost, path+"/shipments", `{"carrier":"Mail","tracking":"T1"}`, "Idempotency-Key", "s", "If-Match", "*", "Prefer", "respond-async")
	require.Equal(t, http.StatusAccepted, asked.Status, "%s", asked.Body)
	var shipment view.Shipment
	asked.Read(&shipment)
	change := func(by *orderstest.Caller, shipment, body string) *orderstest.Answer {
		return by.Do(http.MethodPatch, path+"/shipments/"+shipment, body)
	}
	assert.Equal(t, http.StatusNotFound, change(operator, shipment.ID, `{"delivered":true}`).Status, "it has not left")
	w.End(id, orderstest.Pays)
	for _, test := range []struct {
		by             *orderstest.Caller
		shipment, body string
		status         int
	}{
		{w.As("ann"), shipment.ID, `{"delivered":true}`, 403},
		{operator, uuid.NewString(), `{"delivered":true}`, 404},
		{operator, "garbage", `{"delivered":true}`, 404},
		{operator, shipment.ID, `{"carrier":"a\u0007b"}`, 422},
		{operator, shipment.ID, `{"tracking":"a\nb"}`, 422},
		{operator, shipment.ID, `{"delivered":"yes"}`, 422},
		{operator, shipment.ID, `{"amount":1}`, 422},
	} {
		answer := change(test.by, test.shipment, test.body)
		assert.Equal(t, test.status, answer.Status, "%s: %s", test.body, answer.Body)
	}
	before := operator.Get(path).Order().Version
	var shown view.Shipment
	for range 2 {
		answer := change(operator, shipment.ID, `{"tracking":"https://mail.example/T2","delivered":true}`)
		require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
		answer.Read(&shown)
	}
	assert.Equal(t, "delivered", shown.Status)
	assert.Equal(t, "Mail", shown.Carrier, "what is not given stays")
	assert.Equal(t, "https://mail.example/T2", shown.Tracking)
	require.NotNil(t, shown.DeliveredAt)
	order := operator.Get(path).Order()
	assert.Equal(t, before+2, order.Version, "a repetition records nothing")
	assert.Equal(t, "delivered", order.FulfilmentStatus)
	assert.True(t, order.Completed)
}
