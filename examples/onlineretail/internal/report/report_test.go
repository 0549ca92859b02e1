package report

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/examples/onlineretail/internal/invoices"
	"github.com/ordersaga/ordersaga/examples/onlineretail/internal/replay"
)

const file = `InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
1,10001,KETTLE,2,,10.00,,
1,10002,CUP,1,,2.50,,
2,10001,KETTLE,1,,10.00,,
3,10001,KETTLE,4,,10.00,,
4,10002,CUP,1,,2.50,,
4,POST,POSTAGE,1,,18.00,,
5,10002,,1,,0.0,,
C6,10001,KETTLE,-2,,10.00,,
`

// outcomes of the file's four sellable invoices.
func outcomes(t *testing.T) (*invoices.File, []replay.Outcome) {
	t.Helper()
	read, err := invoices.Read(strings.NewReader(file), 0)
	require.NoError(t, err)
	require.Len(t, read.Invoices, 4)
	return read, []replay.Outcome{
		{Invoice: read.Invoices[0], Status: replay.Confirmed, Total: replay.Money{Amount: 2300, Currency: "GBP"}, Took: 20 * time.Millisecond},
		{Invoice: read.Invoices[1], Status: replay.Confirmed, Total: replay.Money{Amount: 1000, Currency: "GBP"}, Replayed: true, Took: time.Millisecond},
		{Invoice: read.Invoices[2], Status: replay.Rejected, Reason: OutOfStock, Took: 40 * time.Millisecond},
		{Invoice: read.Invoices[3], Status: replay.Failed, Reason: replay.NoAnswer, Detail: "nobody there", Took: time.Minute},
	}
}

func TestAReportAddsUpToTheRowsRead(t *testing.T) {
	read, all := outcomes(t)
	r := Of(read, all, 2*time.Second, false)
	assert.Equal(t, Sum{Invoices: 2, Rows: 3, Units: 4, Invoiced: 3250}, r.Confirmed)
	assert.Equal(t, Sum{Invoices: 1, Rows: 1, Units: 1, Invoiced: 1000}, r.Replayed)
	assert.Equal(t, map[string]Sum{OutOfStock: {Invoices: 1, Rows: 1, Units: 4, Invoiced: 4000}}, r.Rejected)
	assert.Equal(t, map[string]Sum{replay.NoAnswer: {Invoices: 1, Rows: 1, Units: 1, Invoiced: 250}}, r.Failed)
	assert.Equal(t, map[invoices.Reason]invoices.Count{
		invoices.NotAProduct: {Rows: 1}, invoices.NoDescription: {Rows: 1}, invoices.NothingToSell: {Invoices: 1},
	}, r.Skipped)
	assert.Equal(t, invoices.Count{Invoices: 1, Rows: 1}, r.Cancellations)
	assert.EqualValues(t, 3300, r.Charged)

	rows := r.Confirmed.Rows + r.Cancellations.Rows
	number := r.Confirmed.Invoices + r.Cancellations.Invoices
	for _, of := range []map[string]Sum{r.Rejected, r.Failed} {
		for _, sum := range of {
			rows, number = rows+sum.Rows, number+sum.Invoices
		}
	}
	for _, skipped := range r.Skipped {
		rows, number = rows+skipped.Rows, number+skipped.Invoices
	}
	assert.Equal(t, 8, r.Rows)
	assert.Equal(t, r.Rows, rows)
	assert.Equal(t, 6, r.Invoices)
	assert.Equal(t, r.Invoices, number)

	assert.Equal(t, Latency{Samples: 2, P50: 20, P95: 40, P99: 40, Max: 40}, r.LatencyMS, "of the orders that this run saw settled")
	assert.InDelta(t, 1.0, r.OrdersPerSecond, 0.001)
}

func TestWhatIsExpectedIsNotWrong(t *testing.T) {
	read, all := outcomes(t)
	require.ErrorContains(t, Of(read, all[:3], time.Second, false).Verdict(), "1 of 4 sellable invoices")
	require.NoError(t, Of(read, all[:3], time.Second, true).Verdict(), "too little stock was brought on purpose")
	err := Of(read, all, time.Second, true).Verdict()
	require.ErrorContains(t, err, "invoice 4 of guest-4: failed, no-answer: nobody there")
	all[2].Reason = "payment-declined"
	require.ErrorContains(t, Of(read, all[:3], time.Second, true).Verdict(), "payment-declined")
}

func TestOnlyTheFirstThatWentWrongAreNamed(t *testing.T) {
	read, all := outcomes(t)
	var many []replay.Outcome
	for range shown + 5 {
		many = append(many, all[3])
	}
	err := Of(read, many, time.Second, false).Verdict()
	require.ErrorContains(t, err, "and 5 more")
	assert.Equal(t, shown, strings.Count(err.Error(), "nobody there"))
}

func TestPercentilesAreSamples(t *testing.T) {
	var samples []time.Duration
	for i := 200; i >= 1; i-- {
		samples = append(samples, time.Duration(i)*time.Millisecond)
	}
	assert.Equal(t, Latency{Samples: 200, P50: 100, P95: 190, P99: 198, Max: 200}, latency(samples))
	assert.Equal(t, Latency{Samples: 1, P50: 7, P95: 7, P99: 7, Max: 7}, latency([]time.Duration{7 * time.Millisecond}))
	assert.Equal(t, Latency{Samples: 3, P50: 2, P95: 3, P99: 3, Max: 3}, latency([]time.Duration{3e6, 1e6, 2e6}))
	assert.Zero(t, latency(nil))
}

func TestTheReportForPeople(t *testing.T) {
	read, all := outcomes(t)
	r := Of(read, all, 2*time.Second, false)
	r.File, r.StockFactor, r.Concurrency, r.Retries = "small.csv", "0.8", 16, 1234
	var text strings.Builder
	require.NoError(t, r.Print(&text))
	for _, line := range []string{
		`confirmed +2 +3 +4 +£32\.50`, `rejected: out-of-stock +1 +1 +4 +£40\.00`, `failed: no-answer +1 +1 +1 +£2\.50`,
		`skipped: not-a-product +0 +1`, `cancellations, not handled yet +1 +1`, `read +6 +8`,
		`£33\.00 at the catalog's prices`, `1 of the orders had been placed by an earlier run`, `1,234 requests`, `p95 40 ms`,
	} {
		assert.Regexp(t, line, text.String())
	}
}

func TestCounts(t *testing.T) {
	for number, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -100: "-100", -1000: "-1,000"} {
		assert.Equal(t, want, count(number))
	}
}

func TestWhatWasShippedAddsUpAndFailuresAreNamed(t *testing.T) {
	read, all := outcomes(t)
	r := Of(read, all[:2], time.Second, false)
	taken := invoices.Cancellation{Number: "C6", Rows: 1}
	r.Ship([]replay.Shipped{
		{
			Invoice: read.Invoices[0], Shipments: 2, Cancellations: []invoices.Cancellation{taken}, Captured: 2100,
			Units: replay.Parts{Placed: 3, Shipped: 2, Cancelled: 1}, Money: replay.Parts{Placed: 2300, Shipped: 2100, Cancelled: 200},
		},
		{
			Invoice: read.Invoices[1], Units: replay.Parts{Placed: 1, Open: 1}, Money: replay.Parts{Placed: 1000, Open: 1000},
			Failure: replay.Failure{Reason: replay.ShipmentRefused, Detail: "card_declined"},
		},
	}, time.Second)
	assert.Equal(t, replay.Parts{Placed: 4, Shipped: 2, Cancelled: 1, Open: 1}, r.Shipping.Units)
	assert.Equal(t, replay.Parts{Placed: 3300, Shipped: 2100, Cancelled: 200, Open: 1000}, r.Shipping.Money)
	assert.Equal(t, map[string]int{replay.ShipmentRefused: 1}, r.Shipping.Failed)
	assert.Equal(t, invoices.Count{Invoices: 1, Rows: 1}, r.CarriedOut)
	assert.Zero(t, r.Cancellations)
	require.ErrorContains(t, r.Verdict(), "1 of 2 confirmed orders were not shipped as they should:\n  invoice 2 of guest-2: shipment-refused: card_declined")
	var text strings.Builder
	require.NoError(t, r.Print(&text))
	assert.Regexp(t, `units +4 +2 +1 +1`, text.String())
	assert.Regexp(t, `money +£33.00 +£21.00 +£2.00 +£10.00`, text.String())
}
