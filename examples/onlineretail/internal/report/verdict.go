package report

import (
	"fmt"
	"strings"
)

// shown bounds the listed invoices with wrong outcomes.
const shown = 10

// Verdict returns nil when every sellable invoice was confirmed, or rejected with an expected lack
// of stock. Otherwise the error lists the first others with their reasons.
func (r *Report) Verdict() error {
	if len(r.offenders) == 0 {
		return nil
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%d of %d sellable invoices did not become orders as they should:", len(r.offenders), r.Sellable)
	for i, o := range r.offenders {
		if i == shown {
			fmt.Fprintf(&text, "\n  and %d more", len(r.offenders)-shown)
			break
		}
		fmt.Fprintf(&text, "\n  invoice %s of %s: %s, %s: %s", o.Invoice.Number, o.Invoice.Shopper, o.Status, o.Reason, o.Detail)
	}
	return fmt.Errorf("%s", text.String())
}
