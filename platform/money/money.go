// Package money writes and reads amounts of minor units as people do. Everything that shows an
// amount shows it by this package, so that one amount looks the same everywhere.
package money

import (
	"fmt"
	"strings"

	"github.com/bojanz/currency"
)

// English as Unicode's CLDR has it without a country: each currency has a text of its own (¥ is
// JPY, CN¥ is CNY; $ is USD, CA$ is CAD).
var formatter = currency.NewFormatter(currency.NewLocale("en"))

// spaces that do not break a line are no use in a terminal or a search.
var spaces = strings.NewReplacer("\u00a0", " ", "\u202f", " ")

// Text is an amount of minor units of an ISO 4217 currency: "£12.50", "-£3.95", "¥20,000", "CHF
// 4.00". The currency has as many digits after the point as ISO 4217 gives it. Spaces are ordinary
// ones. Of a currency that ISO 4217 does not have it is "1250 XYZ (minor units)".
func Text(minor int64, code string) string {
	if !IsCurrency(code) {
		return fmt.Sprintf("%d %s (minor units)", minor, code)
	}
	amount, err := currency.NewAmountFromInt64(minor, code)
	if err != nil { // only for a code that is not one
		return fmt.Sprintf("%d %s (minor units)", minor, code)
	}
	return spaces.Replace(formatter.Format(amount))
}

// Parse reads "12.50" of an ISO 4217 currency as minor units. More digits after the point than the
// currency has, and more than 64 bits hold, are errors: nothing is rounded.
func Parse(number, code string) (minor int64, err error) {
	if !IsCurrency(code) {
		return 0, fmt.Errorf("%q is no currency: write its ISO 4217 code in upper case, like GBP", code)
	}
	amount, err := currency.NewAmount(number, code)
	if err != nil {
		return 0, fmt.Errorf("%q is no amount: write a number like 12.50", number)
	}
	if !amount.Equal(amount.Round()) {
		digits, _ := currency.GetDigits(code)
		return 0, fmt.Errorf("%s has %d digits after the point, %s has more", code, digits, number)
	}
	if minor, err = amount.Int64(); err != nil {
		return 0, fmt.Errorf("%s %s is too much: %w", number, code, err)
	}
	return minor, nil
}

// IsCurrency tells whether a code is one of ISO 4217, in upper case.
func IsCurrency(code string) bool {
	return code != "" && currency.IsValid(code) // the library takes "" for valid
}
