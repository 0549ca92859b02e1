package replay

import (
	"time"

	"github.com/ordersaga/ordersaga/examples/onlineretail/internal/invoices"
)

// Status of an invoice that was to be ordered.
type Status string

// Statuses.
const (
	Confirmed Status = "confirmed"
	Rejected  Status = "rejected" // refused, rejected or cancelled by the shop
	// Failed has an unknown outcome: no answer, or not settled within the patience. The next replay
	// with the same key finds out.
	Failed Status = "failed"
)

// Reasons of failed invoices.
const (
	NoAnswer    = "no-answer"
	NotSettled  = "not-settled"
	Interrupted = "interrupted"
)

// Outcome of an invoice.
type Outcome struct {
	Invoice invoices.Invoice
	Status  Status
	// Reason of a rejected or failed one: out-of-stock, payment-declined, no-answer.
	Reason string
	// Detail says more, for people.
	Detail string
	// Order is the path of a confirmed order.
	Order string
	// Replayed tells that an earlier run had placed the order.
	Replayed bool
	// Total is what a confirmed order costs.
	Total Money
	// Took is the time from the first request until the order was seen as settled.
	Took time.Duration
}
