package order_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

// TestAnOrderWhoseWorkflowWasTerminatedIsSettledByTheSweep terminates workflows by hand in the
// middle of a payment: nothing of them is left to undo anything.
func TestAnOrderWhoseWorkflowWasTerminatedIsSettledByTheSweep(t *testing.T) {
	s := shop.Open(t, shop.Options{Env: map[string][]string{shop.Worker: {"SWEEP_AGE=0s", "SWEEP_INTERVAL=1h"}}})
	s.Sells("tea", 450, 10)
	anna := s.Customer("anna")
	temporalClient := s.Temporal()

	g, back := authorizing(t, s)
	answer := anna.Place("terminated", shop.Of("tea", 3, "card_approve"), "Prefer", "respond-async")
	require.Equal(t, http.StatusAccepted, answer.Status, "%s", answer)
	id := answer.Field("id").(string)
	require.Equal(t, sagas.WorkflowID(id), <-g.reached)
	require.EqualValues(t, 3, s.Stock("tea").Reserved, "the stock is held")
	require.Equal(t, 1, s.Books(id).Open, "and the money")
	require.NoError(t, temporalClient.TerminateWorkflow(t.Context(), sagas.WorkflowID(id), "", "by hand"))
	back()
	alive := anna.Place("alive", shop.Of("tea", 1, "card_slow"), "Prefer", "respond-async").Field("id").(string)

	sweep := temporalClient.ScheduleClient().GetHandle(t.Context(), "sweep-orders-"+s.TaskQueue)
	testkit.Eventually(t, "the sweep to settle the order", func() bool {
		_ = sweep.Trigger(t.Context(), client.ScheduleTriggerOptions{}) // the worker may still be making it
		return s.Order(id).Status == sagas.StatusRejected
	})
	assert.Equal(t, "interrupted", s.Order(id).Reason.Code)
	assert.Zero(t, s.Books(id).Open, "nothing is held at the provider")
	testkit.Eventually(t, "the order whose saga lives to be confirmed", func() bool { return s.Order(alive).Status == sagas.StatusConfirmed })
	assert.EqualValues(t, 1, s.Stock("tea").Reserved, "the living order's, and nothing else")

	again := anna.Place("terminated", shop.Of("tea", 3, "card_approve"))
	assert.Equal(t, http.StatusUnprocessableEntity, again.Status, "%s", again)
	assert.Contains(t, again.Field("type"), "interrupted")

	// A shipment has nothing to undo: it goes on.
	s.Kill(shop.Worker)
	asked := s.Operator().Post(shop.Orders, "/v1/orders/"+alive+"/shipments", map[string]any{}, "Idempotency-Key", "k", "If-Match", "*", "Prefer", "respond-async")
	require.Equal(t, http.StatusAccepted, asked.Status, "%s", asked)
	require.NoError(t, temporalClient.TerminateWorkflow(t.Context(), sagas.WorkflowID(alive), "", "by hand"))
	s.Start(shop.Worker)
	testkit.Eventually(t, "the sweep to have the order shipped", func() bool {
		_ = sweep.Trigger(t.Context(), client.ScheduleTriggerOptions{})
		return s.Operator().Get(shop.Orders, asked.Header.Get("Location")).Field("status") == "shipped"
	})
	assert.Equal(t, shop.Stock{OnHand: 9, Available: 9}, s.Stock("tea"))
	assert.Equal(t, "captured", s.Payment(alive).Status)
}
