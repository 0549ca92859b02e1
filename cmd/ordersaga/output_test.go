package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/client"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/verify"
	"github.com/ordersaga/ordersaga/contracts/refusals"
)

func TestTheExitCodeTells(t *testing.T) {
	for _, test := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{errors.New("no answer"), exitFailed},
		{&client.Unreachable{URL: "http://x", Err: errors.New("refused")}, exitFailed},
		{&client.Problem{Status: 503}, exitFailed},
		{&client.Unsure{Key: "k", Err: &client.Problem{Status: 500}}, exitFailed},
		{&client.Problem{Status: 429}, exitFailed},
		{usage{errors.New("no such SKU=QTY")}, exitUsage},
		{fmt.Errorf("%w, not %q", client.ErrKey, "é"), exitUsage},
		{denied{errors.New("there is no category")}, exitNo},
		{&client.Refused{Problem: &client.Problem{Status: 422}}, exitNo},
		{fmt.Errorf("orders: %w", &client.Problem{Status: 404}), exitNo},
		{answered{exitUnsettled}, exitUnsettled},
	} {
		assert.Equal(t, test.want, exitCode(test.err), "%v", test.err)
	}
}

func TestAnErrorIsExplainedInLinesThatNothingBreaks(t *testing.T) {
	problem := &client.Problem{
		Type: "https://ordersaga.dev/problems/out-of-stock", Title: "Out of stock", Status: 422, Detail: "Not enough.\n  TEA: free\x1b[2J", TraceID: "abc",
	}
	for want, err := range map[string]error{
		"ordersaga: Out of stock (422 out-of-stock): Not enough.\\n  TEA: free\\x1b[2J\n  PEN: 5 wanted, 3 left\n  order: 1\n  trace: abc\n": &client.Refused{
			Reason: "out_of_stock", Message: problem.Detail, Problem: problem, OrderID: "1",
			Shortages: []refusals.Shortage{{SKU: "PEN", Requested: 5, Available: 3}},
		},
		"ordersaga: Payment declined (422 payment-declined)\n  decline code: expired_card\n": &client.Refused{
			Reason: "payment_declined", DeclineCode: "expired_card",
			Problem: &client.Problem{Type: "p/payment-declined", Title: "Payment declined", Status: 422},
		},
		"ordersaga: create the demo products: Validation failed (422 validation-failed)\n  body.lines: expected at least 1\n": fmt.Errorf("create the demo products: %w", &client.Problem{
			Type: "p/validation-failed", Title: "Validation failed", Status: 422, Errors: []client.FieldError{{Field: "body.lines", Message: "expected at least 1"}},
		}),
		"ordersaga: Unavailable (503)\n  It may have been done. To find out, repeat the command with --key 'a b'\n": &client.Unsure{
			Key: "a b", Err: &client.Problem{Title: "Unavailable", Status: 503},
		},
		"ordersaga: no answer from http://x: refused\n  Is it running? `make run` starts everything; --dir names the folder of another instance.\n": &client.Unreachable{
			URL: "http://x", Err: errors.New("refused"),
		},
		"ordersaga: Validation failed (422 validation-failed): body.lines: expected at least 1.\n  body.email: no address\n": &client.Problem{
			Type: "p/validation-failed", Title: "Validation failed", Status: 422, Detail: "body.lines: expected at least 1.",
			Errors: []client.FieldError{{Field: "body.lines", Message: "expected at least 1"}, {Field: "body.email", Message: "no address"}},
		},
		"ordersaga: get a token: dial: refused\n  Is it running? `make run` starts everything; --dir names the folder of another instance.\n": fmt.Errorf(
			"get a token: %w", &net.OpError{Op: "dial", Err: errors.New("refused")}),
		"ordersaga: a plain one\nin two lines\n": errors.New("a plain one\nin two lines"),
		"":                                       answered{exitNo},
	} {
		var out bytes.Buffer
		report(&out, err)
		assert.Equal(t, want, out.String())
	}
}

func TestATableObeysNobodysText(t *testing.T) {
	var out bytes.Buffer
	writeTable(&out, [][]string{
		{"SKU", "NAME", "PRICE"},
		{"A", "tea\x1b[2Jpot\nsecond\tline", "£1.00"},
		{"B", "tea\u202egnp.exe", "£2.00"},
		{"C", "\u200b", ""},
	})
	assert.Equal(t, strings.Join([]string{
		`SKU  NAME                         PRICE`,
		`A    tea\x1b[2Jpot\nsecond\tline  £1.00`,
		`B    tea\u202egnp.exe             £2.00`,
		`C    \u200b`, "",
	}, "\n"), out.String())
}

func TestTimesAreInOneZoneThatIsNamed(t *testing.T) {
	kathmandu := time.Date(2026, 11, 26, 1, 1, 45, 120_000_000, time.FixedZone("+0545", (5*60+45)*60))
	assert.Equal(t, "2026-11-25 19:16:45.120", at(kathmandu))
	assert.Equal(t, "2026-11-25 19:16:45.120 UTC", when(kathmandu))
	assert.Equal(t, "-", when(time.Time{}))
}

func TestTheReportOfManyCurrenciesIsReadable(t *testing.T) {
	money := &verify.Invariant{ID: "I2", Rule: "no money is held that no order owes", Checked: "payments", OK: true}
	for i := range 40 {
		money.Figures = append(money.Figures, verify.Figure{Name: fmt.Sprintf("payments of kind %d", i), Value: 100_000})
	}
	for _, code := range []string{"AED", "AUD", "CAD", "CHF", "CNY", "DKK", "EUR", "GBP", "HKD", "JPY", "NOK", "USD"} {
		money.Figures = append(money.Figures, verify.Figure{Name: "held", Value: 1390, Currency: code})
	}
	report := &verify.Report{Invariants: []*verify.Invariant{money, {
		ID: "I3", Rule: "orders, stock and money agree", Checked: "orders", Violations: 12,
		Offenders: []verify.Offender{{What: "order 1", Problem: "no stock\x1b[2J"}},
	}}}
	var out bytes.Buffer
	printReport(&out, report)
	for _, line := range strings.Split(out.String(), "\n") {
		assert.LessOrEqual(t, len([]rune(line)), 110, line)
	}
	for _, want := range []string{
		"I2  no money is held that no order owes ", " ok\n", "\n      £13.90 held\n", "\n      ¥1,390 held\n", "\n      and sums in 2 more currencies: --json has them\n",
		" VIOLATED (12)\n", "I3 is violated 12 times:\n", "  order 1: no stock\\x1b[2J\n", "  and 11 more\n",
	} {
		assert.Contains(t, out.String(), want)
	}
	raw, err := json.Marshal(money.Figures[len(money.Figures)-1])
	require.NoError(t, err)
	assert.JSONEq(t, `{"name":"held","value":1390,"currency":"USD"}`, string(raw))
}
