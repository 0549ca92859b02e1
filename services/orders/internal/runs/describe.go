package runs

import (
	"fmt"
	"strings"

	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/platform/money"
	"github.com/ordersaga/ordersaga/platform/text"
)

// The server refuses a start whose summary is longer than 400 bytes or whose details are longer
// than 20,000, as JSON. The longest character is an escaped "<": 8 bytes.
const (
	shownLines    = 20
	shownCustomer = 36 // characters of a customer's id, as many as a UUID has
	shownText     = 50 // characters of a SKU or a name
)

// summary returns the line of the run in the Web UI's lists, as Markdown.
func summary(p *ordersv1.Placement) string {
	return fmt.Sprintf("%s · %s · %s",
		text.Markdown(p.GetCustomerId(), shownCustomer), amount(p.GetTotal().GetAmount(), p), text.Count(len(p.GetLines()), "line"))
}

// details returns the description of the run in the Web UI, as Markdown.
func details(p *ordersv1.Placement) string {
	var table strings.Builder
	table.WriteString("| SKU | name | quantity | price |\n|---|---|--:|--:|\n")
	for i, line := range p.GetLines() {
		if i == shownLines {
			fmt.Fprintf(&table, "\nand %s\n", text.Count(len(p.GetLines())-shownLines, "more line"))
			break
		}
		fmt.Fprintf(&table, "| %s | %s | %d | %s |\n",
			shown(line.GetSku()), shown(line.GetName()), line.GetQuantity(), amount(line.GetUnitPrice(), p))
	}
	for _, adjustment := range p.GetAdjustments() {
		fmt.Fprintf(&table, "\n%s: %s\n", shown(adjustment.GetKind()), amount(adjustment.GetAmount(), p))
	}
	return table.String()
}

func amount(minor int64, p *ordersv1.Placement) string {
	return money.Text(minor, p.GetTotal().GetCurrency())
}

func shown(given string) string { return text.Markdown(given, shownText) }
