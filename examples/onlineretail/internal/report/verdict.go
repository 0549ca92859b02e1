package report

import (
	"fmt"
	"strings"
)

// shown is how many of the invoices that went wrong are named.
const shown = 10

// Verdict is nil when every sellable invoice was confirmed, or rejected for want of stock where
// that was to be expected. Otherwise it names the first that were not and says why.
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
