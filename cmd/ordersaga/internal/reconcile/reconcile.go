// Package reconcile compares payments' journal and ledger with the payment provider's books,
// through payments' audit operations.
package reconcile

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/ordersaga/ordersaga/client"
	"github.com/ordersaga/ordersaga/platform/pause"
)

const (
	// rereads must find a difference as well: what is on its way looks like one for a moment.
	rereads = 2
	// between two looks at the same orders.
	between = time.Second
)

// Report is what was compared, and what differs.
type Report struct {
	Payments    int          `json:"payments"`
	Listed      bool         `json:"listed"`  // whether the provider has a list of all its records
	Records     int          `json:"records"` // in that list
	Sums        []Sum        `json:"sums"`    // by currency
	Differences []Difference `json:"differences"`
}

// Sum adds up the payments of one currency, in minor units.
type Sum struct {
	Currency string `json:"currency"`
	client.PaymentTotals
	ProviderBalance int64 `json:"provider_balance"` // what the provider owes by the ledger
}

// Difference is what the journal, the ledger and the provider say differently of an order.
type Difference struct {
	OrderID string `json:"order_id"`
	Problem string `json:"problem"`
}

// Run compares. The provider's list is read first: what it has, the journal knows when it is read.
func Run(ctx context.Context, c *client.Client) (*Report, error) {
	report, found := &Report{Sums: []Sum{}, Differences: []Difference{}}, map[string][]string{}
	if err := report.readList(ctx, c, found); err != nil {
		return nil, err
	}
	if err := report.readPayments(ctx, c, found); err != nil {
		return nil, err
	}
	for range rereads {
		if err := again(ctx, c, found); err != nil {
			return nil, err
		}
	}
	for _, order := range slices.Sorted(maps.Keys(found)) {
		for _, problem := range found[order] {
			report.Differences = append(report.Differences, Difference{OrderID: order, Problem: problem})
		}
	}
	return report, nil
}

func (r *Report) readList(ctx context.Context, c *client.Client, found map[string][]string) error {
	for cursor := ""; ; {
		page, err := c.AuditProvider(ctx, cursor)
		if err != nil {
			return err
		}
		r.Listed = page.Listed
		r.Records += page.Records
		for _, d := range page.Differences {
			order := strings.ToLower(d.OrderID) // as payments writes it
			found[order] = append(found[order], d.Problem)
		}
		if cursor = page.Next; cursor == "" {
			return nil
		}
	}
}

func (r *Report) readPayments(ctx context.Context, c *client.Client, found map[string][]string) error {
	sums := map[string]*Sum{}
	for p, err := range c.AuditPayments(ctx) {
		if err != nil {
			return err
		}
		r.Payments++
		if problems := differences(p); len(problems) > 0 {
			found[p.OrderID] = problems // it says what the list said
		}
		if p.Currency == "" {
			continue
		}
		if sums[p.Currency] == nil {
			sums[p.Currency] = &Sum{Currency: p.Currency}
		}
		sums[p.Currency].add(p)
	}
	for _, sum := range sums {
		r.Sums = append(r.Sums, *sum)
	}
	slices.SortFunc(r.Sums, func(a, b Sum) int { return cmp.Compare(a.Currency, b.Currency) })
	return nil
}

func (s *Sum) add(p client.AuditPayment) {
	s.Authorized += p.Authorized
	s.Open += p.Open
	s.Capturing += p.Capturing
	s.Captured += p.Captured
	s.Voided += p.Voided
	s.Expired += p.Expired
	s.Refunding += p.Refunding
	s.Refunded += p.Refunded
	s.Disputed += p.Disputed
	s.Fees += p.Fees
	s.Kept += p.Kept
	s.ProviderBalance += p.ProviderBalance
}

// differences of one payment: what payments says, and what does not add up.
func differences(p client.AuditPayment) []string {
	return append(p.Problems[:len(p.Problems):len(p.Problems)], p.Unbalanced()...)
}

// again asks once more of the orders that differ, and forgets those that do not any more.
func again(ctx context.Context, c *client.Client, found map[string][]string) error {
	if len(found) == 0 {
		return nil
	}
	if err := pause.For(ctx, between, nil); err != nil {
		return err
	}
	var orders []string
	for order := range found {
		if uuid.Validate(order) == nil { // what the provider names otherwise is no order: it stays a difference
			orders = append(orders, order)
		}
	}
	for some := range slices.Chunk(orders, client.MaxAudited) {
		audited, err := c.AuditPaymentsByID(ctx, some)
		if err != nil {
			return err
		}
		for _, p := range audited { // of the others payments knows nothing
			if found[p.OrderID] = differences(p); len(found[p.OrderID]) == 0 {
				delete(found, p.OrderID)
			}
		}
	}
	return nil
}
