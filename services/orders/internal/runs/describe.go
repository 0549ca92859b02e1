package runs

import (
	"fmt"
	"strings"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/money"
	"github.com/ordersaga/ordersaga/platform/text"
)

// The server refuses a start whose summary is above 400 or whose details are above 20,000 bytes,
// as JSON. A "<" is the longest there, with its backslash: 8 bytes.
const (
	shownLines    = 20
	shownCustomer = 36 // characters of a customer's id, as many as a UUID has
	shownText     = 50 // characters of a SKU or a name
)

// summary is the line of the run in the Web UI's lists, as Markdown.
func summary(in sagas.PlaceOrderInput) string {
	return fmt.Sprintf("%s · %s · %s",
		text.Markdown(in.CustomerID, shownCustomer), amount(in.Total, in), text.Count(len(in.Lines), "line"))
}

// details is what the Web UI shows of the run, as Markdown.
func details(in sagas.PlaceOrderInput) string {
	var table strings.Builder
	table.WriteString("| SKU | name | quantity | price |\n|---|---|--:|--:|\n")
	for i, line := range in.Lines {
		if i == shownLines {
			fmt.Fprintf(&table, "\nand %s\n", text.Count(len(in.Lines)-shownLines, "more line"))
			break
		}
		fmt.Fprintf(&table, "| %s | %s | %d | %s |\n",
			shown(line.SKU), shown(line.Name), line.Quantity, amount(line.UnitPrice, in))
	}
	for _, adjustment := range in.Adjustments {
		fmt.Fprintf(&table, "\n%s: %s\n", shown(adjustment.Kind), amount(adjustment.Amount, in))
	}
	return table.String()
}

func amount(minor int64, in sagas.PlaceOrderInput) string {
	return money.Text(minor, in.Currency)
}

func shown(given string) string { return text.Markdown(given, shownText) }
