package runs

import (
	"fmt"
	"strings"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/price"
)

const (
	// The server refuses a start whose summary is above 400 or whose details are
	// above 20,000 bytes, encoded. A customer's id has up to 255 bytes.
	shownLines = 20
	shownText  = 60 // runes of a SKU or a name
)

// summary is the line of the run in the Web UI's lists.
func summary(in sagas.PlaceOrderInput) string {
	return fmt.Sprintf("%s · %s · %s", plain(in.CustomerID), amount(in.Total, in), price.Lines(len(in.Lines)))
}

// details is what the Web UI shows of the run, as Markdown.
func details(in sagas.PlaceOrderInput) string {
	var text strings.Builder
	text.WriteString("| SKU | name | quantity | price |\n|---|---|--:|--:|\n")
	for i, line := range in.Lines {
		if i == shownLines {
			fmt.Fprintf(&text, "\nand %d more lines\n", len(in.Lines)-shownLines)
			break
		}
		fmt.Fprintf(&text, "| %s | %s | %d | %s |\n", plain(line.SKU), plain(line.Name), line.Quantity, amount(line.UnitPrice, in))
	}
	for _, adjustment := range in.Adjustments {
		fmt.Fprintf(&text, "\n%s: %s\n", plain(adjustment.Kind), amount(adjustment.Amount, in))
	}
	return text.String()
}

func amount(minor int64, in sagas.PlaceOrderInput) string {
	return price.Text(domain.Money{Amount: minor, Currency: in.Currency})
}

// markdown has the characters that could turn a name into markup or end a cell.
var markdown = strings.NewReplacer("|", "∣", "`", "'", "*", "∗", "[", "(", "]", ")", "<", "‹", ">", "›", "\\", "∖",
	"\n", " ", "\r", " ", "\t", " ")

// plain is text that is shown as it is, or as near as can be, on one line.
func plain(text string) string {
	runes := []rune(markdown.Replace(text))
	if len(runes) > shownText {
		return string(runes[:shownText-1]) + "…"
	}
	return string(runes)
}
