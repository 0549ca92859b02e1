// Package report reports the outcomes of a file of invoices.
package report

import (
	"time"

	"github.com/ordersaga/ordersaga/examples/onlineretail/internal/invoices"
	"github.com/ordersaga/ordersaga/examples/onlineretail/internal/replay"
)

// Report counts every row: the rows of confirmed, rejected, failed and skipped invoices and of
// cancellations, carried out or not, add up to Rows, and their invoices to Invoices.
type Report struct {
	File        string `json:"file"`
	StockFactor string `json:"stock_factor"`
	Concurrency int    `json:"concurrency"`

	Rows     int `json:"rows"`
	Invoices int `json:"invoices"`
	Sellable int `json:"sellable"` // invoices that were to be ordered

	Confirmed Sum `json:"confirmed"`
	// Replayed counts the confirmed and rejected ones of an earlier run.
	Replayed Sum            `json:"replayed"`
	Rejected map[string]Sum `json:"rejected"`
	Failed   map[string]Sum `json:"failed"`
	// Skipped rows are not ordered; its invoices are those without any ordered row.
	Skipped map[invoices.Reason]invoices.Count `json:"skipped"`
	// CarriedOut are cancellations of units that had not been shipped.
	CarriedOut invoices.Count `json:"cancellations_carried_out"`
	// Cancellations are the others: they take shipped goods back, which is not handled yet.
	Cancellations invoices.Count `json:"cancellations_not_handled_yet"`

	// Charged is the total of the confirmed orders at the catalog's prices, in pence; invoices may
	// have other prices.
	Charged int64 `json:"charged"`

	Products replay.Products `json:"products"`
	Stock    replay.Stock    `json:"stock"`

	// Seconds from the first order to the last. OrdersPerSecond and LatencyMS are of the orders
	// that this run placed and that settled.
	Seconds         float64 `json:"seconds"`
	OrdersPerSecond float64 `json:"orders_per_second"`
	LatencyMS       Latency `json:"latency_ms"`
	// Retries is the number of repeated requests.
	Retries int64 `json:"retries"`

	// Shipping is of the confirmed orders; nil when they were not to be shipped.
	Shipping *Shipping `json:"shipping,omitempty"`

	offenders []replay.Outcome
	unshipped []replay.Shipped
}

// Sum of invoices.
type Sum struct {
	Invoices int   `json:"invoices"`
	Rows     int   `json:"rows"`
	Units    int64 `json:"units"`
	// Invoiced is their value in pence at the prices of the invoices.
	Invoiced int64 `json:"invoiced"`
}

func (s Sum) plus(invoice invoices.Invoice) Sum {
	return Sum{s.Invoices + 1, s.Rows + invoice.Rows, s.Units + invoice.Units, s.Invoiced + invoice.Value}
}

// Of makes the report of a file's outcomes and their duration. With shortExpected, rejections
// because of too little stock are expected.
func Of(file *invoices.File, outcomes []replay.Outcome, took time.Duration, shortExpected bool) *Report {
	r := &Report{
		Rows: file.Rows, Invoices: file.Sales + file.Cancellations.Invoices, Sellable: len(file.Invoices),
		Rejected: map[string]Sum{}, Failed: map[string]Sum{}, Skipped: map[invoices.Reason]invoices.Count{},
		Cancellations: file.Cancellations, Seconds: took.Seconds(),
	}
	for reason, rows := range file.Skipped {
		r.Skipped[reason] = invoices.Count{Rows: rows}
	}
	for reason, number := range file.SkippedInvoices {
		r.Skipped[reason] = invoices.Count{Invoices: number, Rows: file.Skipped[reason]}
	}
	var samples []time.Duration
	for _, outcome := range outcomes {
		r.add(outcome)
		if outcome.Status != replay.Failed && !outcome.Replayed {
			samples = append(samples, outcome.Took)
		}
		if outcome.Status == replay.Failed || outcome.Status == replay.Rejected && (outcome.Reason != OutOfStock || !shortExpected) {
			r.offenders = append(r.offenders, outcome)
		}
	}
	r.LatencyMS = latency(samples)
	if took > 0 {
		r.OrdersPerSecond = float64(len(samples)) / took.Seconds()
	}
	return r
}

// OutOfStock is the reason that is expected with a stock factor below 1.
const OutOfStock = "out-of-stock"

func (r *Report) add(outcome replay.Outcome) {
	switch outcome.Status {
	case replay.Confirmed:
		r.Confirmed = r.Confirmed.plus(outcome.Invoice)
		r.Charged += outcome.Total.Amount
	case replay.Rejected:
		r.Rejected[outcome.Reason] = r.Rejected[outcome.Reason].plus(outcome.Invoice)
	default:
		r.Failed[outcome.Reason] = r.Failed[outcome.Reason].plus(outcome.Invoice)
	}
	if outcome.Replayed {
		r.Replayed = r.Replayed.plus(outcome.Invoice)
	}
}
