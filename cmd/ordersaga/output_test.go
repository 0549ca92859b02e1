package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/shop"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/verify"
)

func TestTheExitCodeTells(t *testing.T) {
	for _, test := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{errors.New("no answer"), exitFailed},
		{&shop.Problem{Status: 503}, exitFailed},
		{&shop.Problem{Status: 429}, exitFailed},
		{usage{errors.New("no such SKU=QTY")}, exitUsage},
		{&shop.Problem{Status: 422}, exitNo},
		{fmt.Errorf("orders: %w", &shop.Problem{Status: 404}), exitNo},
		{answered{exitUnsettled}, exitUnsettled},
	} {
		assert.Equal(t, test.want, exitCode(test.err), "%v", test.err)
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
	assert.Equal(t, "2026-11-25 19:16:45.120", at(&kathmandu))
	assert.Equal(t, "2026-11-25 19:16:45.120 UTC", when(&kathmandu))
	assert.Equal(t, "-", when(nil))
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
