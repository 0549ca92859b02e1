package refundorder_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/services/orders/internal/orderstest"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

// shipped is an order of 22.00 GBP of which 10.00 are shipped and charged, for an operator who may
// give back 3.00.
func shipped(t *testing.T) (w *orderstest.World, operator *orderstest.Caller, id string) {
	t.Helper()
	w = orderstest.Start(t, orderstest.WithRefundLimit(300))
	operator, id = w.As("bob", auth.ScopeOperator), w.Confirmed("ann")
	ask(t, operator, "/v1/orders/"+id+"/shipments", "s", `{"lines":[{"line":1,"quantity":4}]}`, http.StatusAccepted)
	w.End(id, orderstest.Pays)
	return w, operator, id
}

func ask(t *testing.T, by *orderstest.Caller, path, key, body string, status int) *orderstest.Answer {
	t.Helper()
	var headers []string
	if key != "" {
		headers = []string{"Idempotency-Key", key, "If-Match", "*", "Prefer", "respond-async"}
	}
	answer := by.Do(http.MethodPost, path, body, headers...)
	require.Equal(t, status, answer.Status, "%s: %s", body, answer.Body)
	return answer
}

func goodwill(amount string) string {
	return `{"reason":"goodwill","amount":{"amount":` + amount + `,"currency":"GBP"}}`
}

func TestARefund(t *testing.T) {
	w, operator, id := shipped(t)
	path := "/v1/orders/" + id
	for _, test := range []struct {
		body   string
		status int
		slug   string
	}{
		{goodwill("0"), 422, "validation-failed"},
		{goodwill("-1"), 422, "validation-failed"},
		{goodwill("9223372036854775807"), 409, "refund-exceeds-captured"},
		{goodwill("9223372036854775808"), 422, "validation-failed"},
		{goodwill("1001"), 409, "refund-exceeds-captured"},
		{goodwill("301"), 403, "refund-limit"},
		{strings.Replace(goodwill("1"), "GBP", "EUR", 1), 422, "currency-mismatch"},
		{strings.Replace(goodwill("1"), "GBP", "gbp", 1), 422, "validation-failed"},
		{strings.Replace(goodwill("1"), "GBP", strings.Repeat("X", 5000), 1), 422, "validation-failed"},
		{strings.Replace(goodwill("1"), "goodwill", "whim", 1), 422, "validation-failed"},
		{`{"reason":"goodwill"}`, 422, "validation-failed"},
		{`{"reason":"retry","retries":"` + id + `"}`, 409, "no-debt"},
		{`{"reason":"retry","retries":"` + id + `","amount":{"amount":1,"currency":"GBP"}}`, 422, "validation-failed"},
	} {
		problem := ask(t, operator, path+"/refunds", "r", test.body, test.status).Problem()
		assert.True(t, strings.HasSuffix(problem.Type, "/"+test.slug), "%.100s: %s", test.body, problem.Type)
	}

	var preview struct{ Effect string }
	ask(t, operator, path+"/refunds/preview", "", `{"amount":{"amount":300,"currency":"GBP"}}`, http.StatusOK).Read(&preview)
	assert.Equal(t, "£3.00 is given back", preview.Effect)
	ask(t, operator, path+"/refunds", "r1", goodwill("200"), http.StatusAccepted)
	failed := w.End(id, orderstest.Fails)
	refused := ask(t, operator, path+"/refunds", "r2", goodwill("101"), http.StatusForbidden)
	assert.Contains(t, refused.Problem().Detail, "£1.00 more", "what failed is still to be given back")
	ask(t, w.As("joe", auth.ScopeOperator), path+"/refunds/preview", "", `{"amount":{"amount":300,"currency":"GBP"}}`, http.StatusOK)

	// A second try fails too; either of them may be named by the next.
	retry := func(of string) string { return `{"reason":"retry","retries":"` + of + `"}` }
	ask(t, operator, path+"/refunds", "r3", retry(failed), http.StatusAccepted)
	second := w.End(id, orderstest.Fails)
	for _, request := range []string{failed, second} {
		var shown struct {
			Status string
			Owed   view.Money
		}
		operator.Get(path + "/refunds/" + request).Read(&shown)
		assert.Equal(t, "failed", shown.Status)
		assert.Equal(t, view.Money{Amount: 200, Currency: "GBP"}, shown.Owed)
	}
	ask(t, operator, path+"/refunds", "r4", retry(second), http.StatusAccepted)
	w.End(id, orderstest.Pays)
	assert.EqualValues(t, 200, operator.Get(path).Order().Refunded.Amount)
	assert.Empty(t, ledger(t, operator, path).Debts)
}

func ledger(t *testing.T, by *orderstest.Caller, path string) (shown view.Ledger) {
	t.Helper()
	answer := by.Get(path + "/ledger")
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	answer.Read(&shown)
	return shown
}

func TestAFailedRefundIsOwedUntilItIsSettled(t *testing.T) {
	w, operator, id := shipped(t)
	path := "/v1/orders/" + id
	ask(t, operator, path+"/refunds", "r1", goodwill("250"), http.StatusAccepted)
	ask(t, operator, path+"/debts/"+id+"/settlement", "", `{"reference":"transfer 7"}`, http.StatusConflict)
	failed := w.End(id, orderstest.Fails)

	books := ledger(t, operator, path)
	assert.Equal(t, []view.Debt{{Request: failed, Amount: 250}}, books.Debts)
	for _, entry := range books.Entries {
		sum := int64(0)
		for _, line := range entry.Lines {
			sum += line.Amount
		}
		assert.Zero(t, sum, entry.Text)
	}
	balances := map[string]int64{}
	for _, balance := range books.Balances {
		balances[balance.Account] = balance.Amount
	}
	assert.Equal(t, map[string]int64{
		"held": 1200, "held_contra": -1200, "provider": 1000, "goods": -1000, "goodwill": 250, "customer": -250,
	}, balances)
	shopper := w.As("ann")
	assert.Equal(t, http.StatusForbidden, shopper.Get(path+"/ledger").Status)
	assert.Equal(t, http.StatusNotFound, operator.Get("/v1/orders/garbage/ledger").Status)

	settlement := path + "/debts/" + failed + "/settlement"
	assert.Equal(t, http.StatusForbidden, shopper.Do(http.MethodPost, settlement, `{"reference":"mine"}`).Status)
	for reference, status := range map[string]int{``: 422, `a\u0007b`: 422, strings.Repeat("x", 201): 422} {
		ask(t, operator, settlement, "", fmt.Sprintf(`{"reference":"%s"}`, reference), status)
	}
	ask(t, operator, settlement, "", `{"reference":"transfer 7"}`, http.StatusOK)
	ask(t, operator, settlement, "", `{"reference":"transfer 7"}`, http.StatusConflict)
	books = ledger(t, operator, path)
	assert.Empty(t, books.Debts)
	assert.Contains(t, books.Balances, view.LedgerBalance{Account: "elsewhere", Amount: -250})
	assert.NotContains(t, books.Balances, view.LedgerBalance{Account: "customer", Amount: -250})
}
