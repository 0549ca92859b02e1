// Package money formats and parses amounts of minor units for people. All amounts are formatted by
// this package, so that they look the same everywhere.
package money

import (
	"fmt"
	"strings"

	"github.com/bojanz/currency"
)

// English without a country, by Unicode's CLDR: each currency has its own symbol (¥ is JPY, CN¥ is
// CNY; $ is USD, CA$ is CAD).
var formatter = currency.NewFormatter(currency.NewLocale("en"))

// spaces replaces non-breaking spaces, which would not match in a search.
var spaces = strings.NewReplacer("\u00a0", " ", "\u202f", " ")

// Text formats an amount of minor units of an ISO 4217 currency: "£12.50", "-£3.95", "¥20,000",
// "CHF 4.00". The number of digits after the point is that of ISO 4217. For a code that is not in
// ISO 4217 it returns "1250 XYZ (minor units)".
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

// IsCurrency reports whether a code is one of ISO 4217, in upper case.
func IsCurrency(code string) bool {
	return code != "" && currency.IsValid(code) // for the library "" is valid
}
