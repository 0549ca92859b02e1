// Package money shows and reads amounts of minor units as people write them.
package money

import (
	"fmt"

	"github.com/bojanz/currency"
)

// Money as it crosses the REST border.
type Money struct {
	Amount   int64  `json:"amount"` // minor units
	Currency string `json:"currency"`
}

var formatter = currency.NewFormatter(currency.NewLocale("en-GB"))

// String is "£12.50".
func (m Money) String() string {
	amount, err := currency.NewAmountFromInt64(m.Amount, m.Currency)
	if err != nil {
		return fmt.Sprintf("%d %s (minor units)", m.Amount, m.Currency)
	}
	return formatter.Format(amount)
}

// Parse reads "12.50" of a currency. More digits than the currency has are an
// error: nothing is rounded.
func Parse(number, code string) (Money, error) {
	amount, err := currency.NewAmount(number, code)
	if err != nil {
		return Money{}, fmt.Errorf("%q %s is no amount: %w", number, code, err)
	}
	if !amount.Equal(amount.Round()) {
		digits, _ := currency.GetDigits(code)
		return Money{}, fmt.Errorf("%s has %d digits after the point, %s has more", code, digits, number)
	}
	minor, err := amount.Int64()
	if err != nil {
		return Money{}, fmt.Errorf("%s %s is too much: %w", number, code, err)
	}
	return Money{Amount: minor, Currency: code}, nil
}
