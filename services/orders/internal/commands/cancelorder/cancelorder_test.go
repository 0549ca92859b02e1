package cancelorder_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/services/orders/internal/orderstest"
)

// The run of the cancellation is open, as that of a stuck one is for days.
func TestARepeatedRequestThatDoesNotWaitIsAnsweredAtOnce(t *testing.T) {
	w := orderstest.Start(t)
	path, ann := "/v1/orders/"+w.Confirmed("ann")+"/cancellations", w.As("ann")
	for _, replayed := range []string{"", "true"} {
		asked := time.Now()
		answer := ann.Do(http.MethodPost, path, `{"reason":"customer"}`, "Idempotency-Key", "c1", "If-Match", "*", "Prefer", "respond-async")
		require.Equal(t, http.StatusAccepted, answer.Status, "%s", answer.Body)
		assert.Equal(t, replayed, answer.Header.Get("Idempotent-Replayed"))
		assert.Less(t, time.Since(asked), 8*time.Second, "it does not wait for the open run")
	}
}

func TestAPreviewRefusesTheLinesThatTheCancellationRefuses(t *testing.T) {
	w := orderstest.Start(t)
	path, ann := "/v1/orders/"+w.Confirmed("ann")+"/cancellations", w.As("ann")
	const twice = `"lines":[{"line":1,"quantity":1},{"line":1,"quantity":1}]`
	preview := ann.Do(http.MethodPost, path+"/preview", `{`+twice+`}`)
	assert.Equal(t, http.StatusUnprocessableEntity, preview.Status, "%s", preview.Body)
	cancel := ann.Do(http.MethodPost, path, `{"reason":"customer",`+twice+`}`, "Idempotency-Key", "c1", "If-Match", "*")
	assert.Equal(t, http.StatusUnprocessableEntity, cancel.Status, "%s", cancel.Body)
	assert.Equal(t, cancel.Problem().Detail, preview.Problem().Detail)
}

func TestOnlyAnOperatorKeepsAFeeOrWritesUnitsOff(t *testing.T) {
	w := orderstest.Start(t)
	id := w.Confirmed("ann")
	path := "/v1/orders/" + id + "/cancellations"
	for _, policy := range []string{`"fee":{"amount":200,"currency":"GBP"}`, `"stock":"write_off"`} {
		assert.Equal(t, http.StatusForbidden, w.As("ann").Do(http.MethodPost, path+"/preview", `{`+policy+`}`).Status)
		refused := w.As("ann").Do(http.MethodPost, path, `{"reason":"customer",`+policy+`}`, "Idempotency-Key", "c1", "If-Match", "*")
		assert.Equal(t, http.StatusForbidden, refused.Status, "%s", refused.Body)
	}
	bob := w.As("bob", auth.ScopeOperator)
	const fee = `{"reason":"customer","stock":"write_off","fee":{"amount":200,"currency":"GBP"}}`
	shown := func(key string, provider orderstest.Provider) (cancellation struct {
		Status, Stock string
		Fee           struct{ Amount int64 }
		Why           *struct{ Code string }
	},
	) {
		asked := bob.Do(http.MethodPost, path, fee, "Idempotency-Key", key, "If-Match", "*", "Prefer", "respond-async")
		require.Equal(t, http.StatusAccepted, asked.Status, "%s", asked.Body)
		w.End(id, provider)
		require.NoError(t, json.Unmarshal(w.As("ann").Get(asked.Header.Get("Location")).Body, &cancellation))
		return cancellation
	}
	declined := shown("c1", orderstest.Refuses)
	assert.Equal(t, "refused", declined.Status)
	require.NotNil(t, declined.Why)
	assert.Equal(t, "capture_failed", declined.Why.Code)
	done := shown("c2", orderstest.Pays)
	assert.Equal(t, "done", done.Status)
	assert.Equal(t, "write_off", done.Stock)
	assert.EqualValues(t, 200, done.Fee.Amount)
	var order struct {
		Status         string
		Captured, Fees struct{ Amount int64 }
	}
	require.NoError(t, json.Unmarshal(w.As("ann").Get("/v1/orders/"+id).Body, &order))
	assert.Equal(t, "cancelled", order.Status)
	assert.EqualValues(t, 200, order.Captured.Amount)
	assert.EqualValues(t, 200, order.Fees.Amount)
}
