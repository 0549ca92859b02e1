package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"text/tabwriter"

	"github.com/bojanz/currency"

	"github.com/ordersaga/ordersaga/examples/onlineretail/internal/invoices"
	"github.com/ordersaga/ordersaga/examples/onlineretail/internal/replay"
)

// Print writes the report for people.
func (r *Report) Print(to io.Writer) error {
	fmt.Fprintf(to, "%s, stock factor %s\n\n", r.File, r.StockFactor)
	table := tabwriter.NewWriter(to, 0, 0, 3, ' ', tabwriter.AlignRight)
	row := func(name, invoices, rows, units, invoiced string) {
		// The name is padded here, because the writer aligns all cells to one side.
		fmt.Fprintf(table, "%-36s\t%s\t%s\t%s\t%s\t\n", name, invoices, rows, units, invoiced)
	}
	sum := func(name string, s Sum) {
		row(name, count(s.Invoices), count(s.Rows), count(s.Units), pounds(s.Invoiced))
	}
	row("", "INVOICES", "ROWS", "UNITS", "INVOICED")
	sum("confirmed", r.Confirmed)
	for _, reason := range slices.Sorted(maps.Keys(r.Rejected)) {
		sum("rejected: "+reason, r.Rejected[reason])
	}
	for _, reason := range slices.Sorted(maps.Keys(r.Failed)) {
		sum("failed: "+reason, r.Failed[reason])
	}
	for _, reason := range slices.Sorted(maps.Keys(r.Skipped)) {
		skipped := r.Skipped[reason]
		row("skipped: "+string(reason), count(skipped.Invoices), count(skipped.Rows), "", "")
	}
	if r.CarriedOut.Invoices > 0 {
		row("cancellations, carried out", count(r.CarriedOut.Invoices), count(r.CarriedOut.Rows), "", "")
	}
	row("cancellations, not handled yet", count(r.Cancellations.Invoices), count(r.Cancellations.Rows), "", "")
	row("read", count(r.Invoices), count(r.Rows), "", "")
	if err := table.Flush(); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	r.printRest(to)
	if r.Shipping != nil {
		return r.Shipping.print(to)
	}
	return nil
}

func (s *Shipping) print(to io.Writer) error {
	fmt.Fprintf(to, "\n%s orders shipped in %s shipments, in %.1f s\n\n", count(s.Orders), count(s.Shipments), s.Seconds)
	table := tabwriter.NewWriter(to, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\tPLACED\tSHIPPED\tCANCELLED\tOPEN\t")
	for _, row := range []struct {
		name  string
		parts replay.Parts
		text  func(int64) string
	}{{"units", s.Units, count[int64]}, {"money", s.Money, pounds}} {
		p := row.parts
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t\n", row.name, row.text(p.Placed), row.text(p.Shipped), row.text(p.Cancelled), row.text(p.Open))
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	fmt.Fprintf(to, "\ncaptured %s, refunded %s\n", pounds(s.Captured), pounds(s.Refunded))
	return nil
}

func (r *Report) printRest(to io.Writer) {
	fmt.Fprintf(to, "\nconfirmed orders cost %s at the catalog's prices\n", pounds(r.Charged))
	if r.Replayed.Invoices > 0 {
		fmt.Fprintf(to, "%s of the orders had been placed by an earlier run\n", count(r.Replayed.Invoices))
	}
	fmt.Fprintf(to, "products: %s created, %s were there", count(r.Products.Created), count(r.Products.Unchanged))
	if r.Products.Conflicts > 0 {
		fmt.Fprintf(to, ", %s were there with another name or price and keep it", count(r.Products.Conflicts))
	}
	fmt.Fprintf(to, "\nstock: %s units received", count(r.Stock.Received))
	if r.Stock.ReceivedEarlier > 0 {
		fmt.Fprintf(to, ", %s by an earlier run", count(r.Stock.ReceivedEarlier))
	}
	fmt.Fprintln(to)
	if l := r.LatencyMS; l.Samples > 0 {
		fmt.Fprintf(to, "%s orders in %.1f s, %d at once: %.1f orders a second; p50 %.0f ms, p95 %.0f ms, p99 %.0f ms, longest %.0f ms\n",
			count(l.Samples), r.Seconds, r.Concurrency, r.OrdersPerSecond, l.P50, l.P95, l.P99, l.Max)
	}
	if r.Retries > 0 {
		fmt.Fprintf(to, "%s requests had to be sent again\n", count(r.Retries))
	}
}

// count writes 6521 as 6,521.
func count[N int | int64](number N) string {
	text := strconv.FormatInt(int64(number), 10)
	for at := len(text) - 3; at > 0 && text[at-1] != '-'; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

var british = currency.NewFormatter(currency.NewLocale("en-GB"))

func pounds(pence int64) string {
	amount, err := currency.NewAmountFromInt64(pence, invoices.Currency)
	if err != nil {
		return fmt.Sprintf("%d pence", pence)
	}
	return british.Format(amount)
}
