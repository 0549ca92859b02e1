package invoices

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bojanz/currency"
)

// Currency of all prices of the file.
const Currency = "GBP"

// columns of a row: InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice,
// CustomerID, Country.
const columns = 8

// maxName is the catalog's bound, in characters.
const maxName = 200

// row is one decoded line of an invoice.
type row struct {
	invoice  string
	code     string
	name     string // empty when there is no description
	quantity int64
	price    int64 // pence for one unit
	customer string
}

// parse decodes a record; it returns false for an unreadable one.
func parse(record []string) (row, bool) {
	if len(record) != columns {
		return row{}, false
	}
	r := row{
		invoice:  strings.TrimSpace(record[0]),
		code:     strings.TrimSpace(record[1]),
		name:     clean(record[2]),
		customer: strings.TrimSuffix(strings.TrimSpace(record[6]), ".0"), // spreadsheets write them as numbers
	}
	var understood [2]bool
	r.quantity, understood[0] = whole(strings.TrimSpace(record[3]))
	r.price, understood[1] = pence(strings.TrimSpace(record[5]))
	return r, understood[0] && understood[1] && isName(r.invoice) && (r.customer == "" || isName(r.customer))
}

// name of an invoice or a customer: it becomes part of an idempotency key or of a token's subject.
var name = regexp.MustCompile(`^[!-~]{1,100}$`)

func isName(text string) bool { return name.MatchString(text) }

// whole reads 6, and the 6.0 that spreadsheets write.
func whole(text string) (int64, bool) {
	if before, after, found := strings.Cut(text, "."); found && strings.Trim(after, "0") == "" {
		text = before
	}
	number, err := strconv.ParseInt(text, 10, 64)
	// Above this, sums could overflow an int64.
	const most = 1e12
	return number, err == nil && number <= most && number >= -most
}

// number bounds a price: MaxLines lines of MaxQuantity units fit an int64 in pence.
var number = regexp.MustCompile(`^-?[0-9]{1,7}(\.[0-9]{1,20})?$`)

// pence reads 2.55 as 255; fractions of a penny are rounded, halves away from zero.
func pence(text string) (int64, bool) {
	if !number.MatchString(text) {
		return 0, false
	}
	amount, err := currency.NewAmount(text, Currency)
	if err != nil {
		return 0, false
	}
	minor, err := amount.Round().Int64()
	return minor, err == nil
}

// clean makes a valid product name of a description: one line, single spaces, at most maxName
// characters. Text that is not UTF-8 is decoded as Latin-1.
func clean(text string) string {
	if !utf8.ValidString(text) {
		var decoded strings.Builder
		for _, char := range []byte(text) {
			decoded.WriteRune(rune(char))
		}
		text = decoded.String()
	}
	words := strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
	text = strings.Join(words, " ")
	if utf8.RuneCountInString(text) > maxName {
		text = strings.TrimSpace(string([]rune(text)[:maxName]))
	}
	return text
}
