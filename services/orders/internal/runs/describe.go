package runs

import (
	"fmt"
	"strings"

	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
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
func summary(p *ordersv1.Placement) string {
	return fmt.Sprintf("%s · %s · %s", plain(p.GetCustomerId()), amount(p.GetTotal().GetAmount(), p), price.Lines(len(p.GetLines())))
}

// details is what the Web UI shows of the run, as Markdown.
func details(p *ordersv1.Placement) string {
	var text strings.Builder
	text.WriteString("| SKU | name | quantity | price |\n|---|---|--:|--:|\n")
	for i, line := range p.GetLines() {
		if i == shownLines {
			fmt.Fprintf(&text, "\nand %d more lines\n", len(p.GetLines())-shownLines)
			break
		}
		fmt.Fprintf(&text, "| %s | %s | %d | %s |\n", plain(line.GetSku()), plain(line.GetName()), line.GetQuantity(), amount(line.GetUnitPrice(), p))
	}
	for _, adjustment := range p.GetAdjustments() {
		fmt.Fprintf(&text, "\n%s: %s\n", plain(adjustment.GetKind()), amount(adjustment.GetAmount(), p))
	}
	return text.String()
}

func amount(minor int64, p *ordersv1.Placement) string {
	return price.Text(domain.Money{Amount: minor, Currency: p.GetTotal().GetCurrency()})
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
