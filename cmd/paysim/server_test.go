package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRefusalsAreProblemsAndHaveNoEffect(t *testing.T) {
	p := start(t, newBooksFile(t), time.Second)
	const path = "/v1/authorizations"
	good := wish("order", "card_approve")
	with := func(old, new string) string {
		changed := strings.Replace(good, old, new, 1)
		require.NotEqual(t, good, changed)
		return changed
	}
	key := []string{"Idempotency-Key", "key"}
	for name, c := range map[string]struct {
		method, path, body string
		headers            []string
		status             int
		code               string
	}{
		"no bearer token":   {"POST", path, good, append([]string{"Authorization", ""}, key...), 401, "unauthorized"},
		"another token":     {"POST", path, good, append([]string{"Authorization", "Bearer guess"}, key...), 401, "unauthorized"},
		"another scheme":    {"POST", path, good, append([]string{"Authorization", "Basic " + apiKey}, key...), 401, "unauthorized"},
		"no key":            {"POST", path, good, nil, 400, "idempotency_key_missing"},
		"long key":          {"POST", path, good, []string{"Idempotency-Key", strings.Repeat("k", 256)}, 400, "idempotency_key_invalid"},
		"no JSON":           {"POST", path, "amount=1", key, 400, "invalid_json"},
		"empty body":        {"POST", path, " ", key, 400, "invalid_json"},
		"two values":        {"POST", path, good + good, key, 400, "invalid_json"},
		"unknown field":     {"POST", path, with(`"amount"`, `"tip":1,"amount"`), key, 400, "invalid_json"},
		"fraction":          {"POST", path, with("1234", "12.34"), key, 400, "invalid_json"},
		"beyond int64":      {"POST", path, with("1234", "9223372036854775808"), key, 400, "invalid_json"},
		"zero":              {"POST", path, with("1234", "0"), key, 400, "invalid_amount"},
		"negative":          {"POST", path, with("1234", "-1"), key, 400, "invalid_amount"},
		"currency":          {"POST", path, with("GBP", "pounds"), key, 400, "invalid_currency"},
		"reference":         {"POST", path, with("order", ""), key, 400, "invalid_reference"},
		"NUL in reference":  {"POST", path, with("order", `or\u0000der`), key, 400, "invalid_reference"},
		"source":            {"POST", path, with("card_approve", "card_gold"), key, 400, "invalid_source"},
		"too large":         {"POST", path, with("order", strings.Repeat("o", maxBody)), key, 413, "too_large"},
		"content type":      {"POST", path, good, append([]string{"Content-Type", "text/plain"}, key...), 415, "unsupported_media_type"},
		"unknown id":        {"GET", path + "/auth_x", "", nil, 404, "not_found"},
		"no reference":      {"GET", path, "", nil, 400, "invalid_reference"},
		"void with a body":  {"POST", path + "/auth_x/void", `{"amount":1}`, key, 400, "invalid_json"},
		"void without key":  {"POST", path + "/auth_x/void", "", nil, 400, "idempotency_key_missing"},
		"unknown path":      {"GET", "/v1/refunds", "", nil, 404, "not_found"},
		"unknown method":    {"DELETE", path, "", nil, 405, "method_not_allowed"},
		"books want a key":  {"GET", "/v1/books", "", []string{"Authorization", ""}, 401, "unauthorized"},
		"lookup wants one":  {"GET", path + "?reference=order", "", []string{"Authorization", ""}, 401, "unauthorized"},
		"get wants one too": {"GET", path + "/auth_x", "", []string{"Authorization", ""}, 401, "unauthorized"},
	} {
		t.Run(name, func(t *testing.T) {
			r := p.do(c.method, c.path, c.body, c.headers...)
			assert.Equal(t, c.status, r.code, r.body)
			assert.Equal(t, c.code, r.fields.Code)
			assert.EqualValues(t, c.status, r.fields.Status)
			assert.Equal(t, "application/problem+json", r.header.Get("Content-Type"))
		})
	}
	assert.Empty(t, p.books("").References)
	assert.Equal(t, 201, p.authorize("key", "order", "card_approve").code, "a refused request does not use up its key")
}

func TestTheLargestAmountAddsUpWithoutOverflow(t *testing.T) {
	p := start(t, newBooksFile(t), time.Second)
	body := strings.Replace(wish("order", "card_approve"), "1234", "9223372036854775807", 1)
	for _, key := range []string{"a", "b"} {
		require.Equal(t, 201, p.do("POST", "/v1/authorizations", body, "Idempotency-Key", key).code)
	}
	assert.Equal(t, "18446744073709551614", p.books("order").Totals[0].Amount.String())
}

func TestAReferenceDoesNotFindAnotherThatBeginsLikeIt(t *testing.T) {
	p := start(t, newBooksFile(t), time.Second)
	p.authorize("a", "order-1", "card_approve")
	p.authorize("b", "order-10", "card_declined")
	assert.Len(t, p.lookup("order-1"), 1)
	assert.Len(t, p.books("order-1").References, 1)
	assert.Empty(t, p.lookup("order-"))
	assert.Empty(t, p.books("nothing").Totals)
}

func TestOneAuthorizationCanBeReadByItsID(t *testing.T) {
	p := start(t, newBooksFile(t), time.Second)
	id := p.authorize("key", "order", "card_approve").fields.ID
	r := p.do("GET", "/v1/authorizations/"+id, "")
	assert.Equal(t, 200, r.code)
	assert.Equal(t, id, r.fields.ID)
	assert.Equal(t, "authorized", r.fields.Status)
}

func TestHealthAndMetricsNeedNoKeyAndNothingTellsIt(t *testing.T) {
	p := start(t, newBooksFile(t), time.Second)
	p.authorize("key", "order", "card_approve")
	p.do("BREW", "/v1/coffee", "")
	for _, path := range []string{"/livez", "/readyz", "/metrics"} {
		r := p.do("GET", path, "", "Authorization", "")
		assert.Equal(t, 200, r.code, path)
		assert.NotContains(t, r.body, apiKey)
		assert.NotContains(t, r.body, "BREW", "a client's invention must not become a label")
		if path == "/metrics" {
			assert.Contains(t, r.body, `paysim_http_request_duration_seconds_count{method="POST",route="/v1/authorizations",status="201"} 1`)
		}
	}
	p.waitUntil("the line of the request in the log", func() bool { return strings.Contains(p.logged(), `"idempotency_key":"key"`) })
	assert.NotContains(t, p.logged(), apiKey)
}

func TestAWrongSettingStopsTheStartAndIsNamed(t *testing.T) {
	for _, c := range []struct{ variable, value, says string }{
		{"PAYSIM_API_KEY", "", "is required"},
		{"PORT", "http", "whole number"},
		{"PORT", "65536", "whole number"},
		{"PAYSIM_SLOW", "3", "duration"},
		{"PAYSIM_SLOW", "-1s", "negative"},
	} {
		cmd := command(t, newBooksFile(t), time.Second)
		cmd.Env = append(cmd.Env, c.variable+"="+c.value)
		out, err := cmd.CombinedOutput()
		require.Error(t, err, "%s=%s", c.variable, c.value)
		assert.Contains(t, string(out), c.variable)
		assert.Contains(t, string(out), c.says)
	}
}
