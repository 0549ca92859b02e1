package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/services/payments/internal/queries/auditpayments"
	"github.com/ordersaga/ordersaga/services/payments/internal/queries/auditprovider"
	"github.com/ordersaga/ordersaga/services/payments/internal/queries/getledger"
)

// read asks the REST API as an operator.
func (w *world) read(path string, answer any) {
	w.t.Helper()
	request := httptest.NewRequest(http.MethodGet, path, nil)
	request.Header.Set("Authorization", "Bearer "+testkit.Token(w.t, "operator", auth.ScopeOperator))
	said := httptest.NewRecorder()
	w.api.ServeHTTP(said, request)
	require.Equal(w.t, http.StatusOK, said.Code, said.Body.String())
	require.NoError(w.t, json.Unmarshal(said.Body.Bytes(), answer))
}

// audit is what an auditor is told of the order.
func (p *paid) audit() auditpayments.AuditPayment {
	p.t.Helper()
	var page struct{ Payments []auditpayments.AuditPayment }
	p.read("/v1/audit/payments?orders="+p.order, &page)
	require.Len(p.t, page.Payments, 1)
	return page.Payments[0]
}

// differences are those of the provider's list, all pages of it.
func (w *world) differences() (found []auditprovider.ProviderDifference, records int) {
	w.t.Helper()
	for cursor := rest.Cursor(""); ; {
		var page auditprovider.Page
		w.read("/v1/audit/provider?cursor="+url.QueryEscape(string(cursor)), &page)
		require.True(w.t, page.Listed)
		found, records = append(found, page.Differences...), records+page.Records
		if cursor = page.Next; cursor == "" {
			return found, records
		}
	}
}

func TestTheAuditAddsUpAndFindsEveryDifference(t *testing.T) {
	w := newWorld(t, hasty, time.Hour)
	p := w.pay("card_approve")
	p.mustCapture("first", 1000)
	_, err := p.refund("refund", "first", 300)
	require.NoError(t, err)
	free := newOrder()
	request := wish(free, "card_approve")
	request.Amount = gbp(0)
	_, err = w.client.Authorize(asService(t), request)
	require.NoError(t, err)

	audited := p.audit()
	assert.Empty(t, audited.Problems)
	assert.Equal(t, audited.Authorized, audited.Open+audited.Capturing+audited.Captured+audited.Voided+audited.Expired)
	assert.Equal(t, "partially_refunded", audited.Status)
	assert.EqualValues(t, []int64{amount, 234, 1000, 300, 700},
		[]int64{audited.Authorized, audited.Open, audited.Captured, audited.Refunded, audited.ProviderBalance})
	none, records := w.differences()
	assert.Empty(t, none)
	assert.Equal(t, 3, records)

	// The provider has what nobody asked for.
	for _, made := range []string{"authorizations/" + p.reference + "/captures", "captures/" + p.money().GetCaptures()[0].GetProviderReference() + "/refunds"} {
		response := w.provider.post("/v1/"+made, `{"amount":7}`)
		require.Equal(t, http.StatusCreated, response.StatusCode)
	}
	assert.Len(t, p.audit().Problems, 3, "the capture, the refund, and what is open: %v", p.audit().Problems)
	found, _ := w.differences()
	assert.Len(t, found, 3)

	// What the journal has and the provider has not.
	gone := w.pay("card_approve")
	gone.mustCapture("first", 100)
	w.execute(`UPDATE operations SET idempotency_key = 'another' WHERE kind = 'capture' AND order_id = $1`, gone.order)
	assert.Contains(t, fmt.Sprint(gone.audit().Problems), "the journal has a capture of 100 GBP")

	// What nobody asked for is seen also while something else is on its way.
	busy := w.pay("card_approve")
	w.wire.says(func(_ *http.Request, _ int, _ string) (int, string) { return http.StatusBadGateway, "" })
	_, err = busy.capture("first", 100)
	requireUnavailable(t, err)
	w.wire.says(nil)
	require.Equal(t, http.StatusCreated, w.provider.post("/v1/authorizations",
		`{"reference":"`+busy.order+`","amount":7,"currency":"GBP","source":"card_approve"}`).StatusCode)
	assert.Equal(t, 1, busy.audit().Unfinished)
	assert.Contains(t, fmt.Sprint(busy.audit().Problems), "the provider holds 7 GBP")

	// A ledger that somebody wrote to by hand.
	other := w.pay("card_approve")
	other.mustCapture("first", 100)
	w.execute(`DELETE FROM ledger WHERE kind = 'succeeded' AND order_id = $1`, other.order)
	assert.Contains(t, fmt.Sprint(other.audit().Problems), "the ledger has 0 GBP in the account provider, the journal makes it 100")
}

func TestTheLedgerTellsWhatBecameOfTheMoney(t *testing.T) {
	w := newWorld(t, hasty, time.Hour)
	p := w.pay("card_refund_declined")
	p.mustCapture("first", 1000)
	_, _ = p.refund("refund", "first", 300)
	var ledger getledger.Ledger
	w.read("/v1/payments/"+p.order+"/ledger", &ledger)
	var said []string
	for _, entry := range ledger.Entries {
		line, sum := entry.Kind, int64(0)
		for _, l := range entry.Lines {
			line += fmt.Sprintf(" %s %d", l.Account, l.Amount)
			sum += l.Amount
		}
		assert.Zero(t, sum)
		assert.Equal(t, entry.OperationID+"/"+entry.Kind, entry.ID)
		said = append(said, line)
	}
	assert.ElementsMatch(t, []string{
		"held-1 held 1234 held_contra -1234",
		"held-2 held -1000 held_contra 1000", "succeeded customer -1000 provider 1000",
		"sent customer 300 transit -300", "failed customer -300 transit 300",
	}, said)
	assert.Len(t, ledger.Balances, 4)
}

// The database keeps what the code promises.
func TestTheDatabaseRefusesMoreThanThereIs(t *testing.T) {
	w := newWorld(t, hasty, time.Hour)
	p := w.pay("card_approve")
	p.mustCapture("first", 1000)
	_, err := p.refund("refund", "first", 300)
	require.NoError(t, err)
	for statement, constraint := range map[string]string{
		`UPDATE operations SET amount = 1235 WHERE kind = 'capture' AND order_id = $1`:        "takes 1235 of 1234",
		`UPDATE operations SET amount = 1001 WHERE kind = 'refund' AND order_id = $1`:         "takes 1001 of 1000",
		`UPDATE operations SET amount = 0 WHERE kind = 'refund' AND order_id = $1`:            "operations_movement",
		`UPDATE operations SET amount = -1 WHERE kind = 'refund' AND order_id = $1`:           "operations_amount_check",
		`UPDATE operations SET open_amount = 1235 WHERE kind = 'authorize' AND order_id = $1`: "operations_open",
		`UPDATE ledger SET amounts[1] = amounts[1] + 1 WHERE order_id = $1`:                   "ledger_is_balanced",
		`INSERT INTO operations (order_id, saga, instance, step, kind, state, idempotency_key, asked_at, due_at, amount, currency, of_operation, sends)
			SELECT order_id, 'ship-order', 'x', s, 'capture', 'sending', s, now(), now(), 1, 'GBP', id, 1
			FROM operations, unnest(ARRAY['a', 'b']) AS s WHERE kind = 'authorize' AND order_id = $1`: "operations_one_unsettled_capture",
	} {
		_, err := w.db.SQL.ExecContext(t.Context(), statement, p.order)
		require.ErrorContains(t, err, constraint, statement)
	}
	p.requireBalanced()
}

// execute changes the database behind the service's back.
func (w *world) execute(statement string, values ...any) {
	w.t.Helper()
	result, err := w.db.SQL.ExecContext(w.t.Context(), statement, values...)
	require.NoError(w.t, err)
	rows, err := result.RowsAffected()
	require.NoError(w.t, err)
	require.EqualValues(w.t, 1, rows, statement)
}

// post lets the provider do something behind the service's back.
func (p *providerProcess) post(path, body string) *http.Response {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.url+path, strings.NewReader(body))
	require.NoError(p.t, err)
	request.Header.Set("Authorization", "Bearer "+providerKey)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", "made-up"+strings.ReplaceAll(path, "/", "-"))
	response, err := http.DefaultClient.Do(request)
	require.NoError(p.t, err)
	_ = response.Body.Close()
	return response
}
