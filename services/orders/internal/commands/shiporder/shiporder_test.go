package shiporder_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/orderstest"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

func TestAnOrderThatIsNotPaidForAnyMoreIsOnHold(t *testing.T) {
	w := orderstest.Start(t)
	id, bob := w.Confirmed("ann"), w.As("bob", auth.ScopeOperator)
	path := "/v1/orders/" + id
	shown := func() view.Order { return bob.Get(path).Order() }
	require.Empty(t, shown().Holds)
	at := time.Now().UTC().Truncate(time.Microsecond)
	require.NoError(t, w.Orders.Update(t.Context(), id, func(o *domain.Order) error {
		return o.RecordPayment([]domain.Done{{At: at, Fact: domain.AuthorizationEnded{PaymentID: "p1", Authorization: o.Charge().Authorization, State: "expired"}}})
	}))
	held := shown()
	assert.Equal(t, []view.Hold{{Reason: "payment", Since: at, Missing: view.Money{Amount: 2200, Currency: "GBP"}}}, held.Holds)
	for _, action := range held.Actions {
		assert.Equal(t, action.Name == "cancel", action.Allowed, "%+v", action)
	}
	for _, headers := range [][]string{{"/shipments/preview"}, {"/shipments", "Idempotency-Key", "s1", "If-Match", "*"}} {
		refused := bob.Do(http.MethodPost, path+headers[0], `{}`, headers[1:]...)
		assert.Equal(t, http.StatusConflict, refused.Status, "%s", refused.Body)
		assert.Contains(t, refused.Problem().Type, "order-on-hold")
	}
	var why view.Why
	w.As("ann").Get(path + "/why").Read(&why)
	assert.Contains(t, why.Text, "on hold for its payment: £22.00 of what is not shipped")

	asked := w.As("ann").Do(http.MethodPost, path+"/cancellations", `{"reason":"customer"}`, "Idempotency-Key", "c1", "If-Match", "*", "Prefer", "respond-async")
	require.Equal(t, http.StatusAccepted, asked.Status, "%s", asked.Body)
	w.End(id, orderstest.Pays)
	assert.Empty(t, shown().Holds)
	assert.Equal(t, "cancelled", shown().Status)
}
