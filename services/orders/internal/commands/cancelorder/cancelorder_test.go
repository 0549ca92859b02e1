package cancelorder_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/orderstest"
)

// confirmedOrder is a confirmed order of a caller. There is no worker, so its sagas wait.
func confirmedOrder(t *testing.T, w *orderstest.World, customer string) (path string) {
	t.Helper()
	id, at := uuid.NewString(), time.Now().UTC()
	total := domain.Money{Amount: 500, Currency: "GBP"}
	require.NoError(t, w.Orders.Update(t.Context(), id, func(o *domain.Order) error {
		_, err := o.Place(domain.Placement{
			CustomerID: w.Subject(customer), RequestHash: "aa", Total: total,
			Lines: []domain.Line{{Number: 1, SKU: "TEA", Name: "Tea", UnitPrice: 250, Quantity: 2}},
		}, at)
		require.NoError(t, err)
		_, err = o.Confirm([]domain.Done{
			{At: at, Fact: domain.StockReserved{ExpiresAt: at.Add(time.Hour)}},
			{At: at, Fact: domain.PaymentAuthorized{PaymentID: "p1", ProviderReference: "a1", Amount: total}},
		}, at)
		return err
	}))
	return "/v1/orders/" + id + "/cancellations"
}

// The run of the cancellation is open, as that of a stuck one is for days.
func TestARepeatedRequestThatDoesNotWaitIsAnsweredAtOnce(t *testing.T) {
	w := orderstest.Start(t)
	path, ann := confirmedOrder(t, w, "ann"), w.As("ann")
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
	path, ann := confirmedOrder(t, w, "ann"), w.As("ann")
	const twice = `"lines":[{"line":1,"quantity":1},{"line":1,"quantity":1}]`
	preview := ann.Do(http.MethodPost, path+"/preview", `{`+twice+`}`)
	assert.Equal(t, http.StatusUnprocessableEntity, preview.Status, "%s", preview.Body)
	cancel := ann.Do(http.MethodPost, path, `{"reason":"customer",`+twice+`}`, "Idempotency-Key", "c1", "If-Match", "*")
	assert.Equal(t, http.StatusUnprocessableEntity, cancel.Status, "%s", cancel.Body)
	assert.Equal(t, cancel.Problem().Detail, preview.Problem().Detail)
}
