package invoices

import (
	"regexp"
	"strings"
)

// Reason why a row or an invoice is not ordered.
type Reason string

// Reasons of rows. A row has the first that applies, in this order.
const (
	Unreadable       Reason = "unreadable"        // another number of columns, or no number where one must be
	BeyondLimit      Reason = "beyond-limit"      // of an invoice after the first ones that were asked for
	NotAProduct      Reason = "not-a-product"     // see isProduct
	NegativeQuantity Reason = "negative-quantity" // a correction of the stock
	NoQuantity       Reason = "no-quantity"       // zero
	NoDescription    Reason = "no-description"
	NoPrice          Reason = "no-price" // zero, negative, or less than half a penny
)

// Reasons of invoices. The rows of such an invoice that could be sold are skipped with it.
const (
	NothingToSell    Reason = "nothing-to-sell" // all its rows are skipped, for reasons of their own
	TooManyLines     Reason = "too-many-lines"
	QuantityTooLarge Reason = "quantity-too-large"
)

// What one order takes.
const (
	MaxLines    = 1000
	MaxQuantity = 100_000 // units on a line
)

// product is the shop's own numbering: five digits, then letters for the variant (85123A, 15056bl).
// A few products have names instead: the gift vouchers (gift_0001_20), those of one supplier
// (DCGS0003, DCGSSBOY), the matching pads and a chalkboard.
var product = regexp.MustCompile(`^([0-9]{5}[A-Za-z]{0,5}|gift_[0-9]{4}_[0-9]+|DCGS[A-Z0-9]+|PADS|SP1002)$`)

// isProduct reports whether a row is a product and not bookkeeping: POST and DOT (postage), C2
// (carriage), D (discount), M and m (manual), S (samples), B (bad debt), BANK CHARGES, AMAZONFEE,
// CRUK (charity).
func isProduct(code string) bool { return product.MatchString(code) }

// isCancellation reports whether an invoice takes goods back.
func isCancellation(invoice string) bool { return strings.HasPrefix(strings.ToUpper(invoice), "C") }

// unsellable returns the reason why a row of a sales invoice cannot be ordered, or "".
func (r row) unsellable() Reason {
	switch {
	case !isProduct(r.code):
		return NotAProduct
	case r.quantity < 0:
		return NegativeQuantity
	case r.quantity == 0:
		return NoQuantity
	case r.name == "":
		return NoDescription
	case r.price <= 0:
		return NoPrice
	default:
		return ""
	}
}
