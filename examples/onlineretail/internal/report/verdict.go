package report

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ordersaga/ordersaga/examples/onlineretail/internal/replay"
)

// shown bounds the listed invoices with wrong outcomes.
const shown = 10

// Verdict returns nil when every sellable invoice was confirmed, or rejected with an expected lack
// of stock, and every order that was to be shipped was. Otherwise the error lists the first others
// with their reasons.
func (r *Report) Verdict() error {
	var text strings.Builder
	if len(r.offenders) > 0 {
		fmt.Fprintf(&text, "%d of %d sellable invoices did not become orders as they should:", len(r.offenders), r.Sellable)
		list(&text, r.offenders, func(o replay.Outcome) string {
			return fmt.Sprintf("invoice %s of %s: %s, %s: %s", o.Invoice.Number, o.Invoice.Shopper, o.Status, o.Reason, o.Detail)
		})
	}
	if len(r.unshipped) > 0 {
		if text.Len() > 0 {
			text.WriteByte('\n')
		}
		fmt.Fprintf(&text, "%d of %d confirmed orders were not shipped as they should:", len(r.unshipped), r.Shipping.Orders)
		list(&text, r.unshipped, func(o replay.Shipped) string {
			return fmt.Sprintf("invoice %s of %s: %s: %s", o.Invoice.Number, o.Invoice.Shopper, o.Reason, o.Detail)
		})
	}
	if text.Len() == 0 {
		return nil
	}
	return errors.New(text.String())
}

// list writes the first items.
func list[Item any](to *strings.Builder, items []Item, line func(Item) string) {
	for _, item := range items[:min(len(items), shown)] {
		fmt.Fprintf(to, "\n  %s", line(item))
	}
	if more := len(items) - shown; more > 0 {
		fmt.Fprintf(to, "\n  and %d more", more)
	}
}
