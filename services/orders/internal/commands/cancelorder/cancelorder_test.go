package cancelorder_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
