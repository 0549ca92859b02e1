// Package price writes amounts as people read them.
package price

import (
	"fmt"

	"github.com/bojanz/currency"

	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
)

// Text is an amount in English: £12.50.
func Text(m domain.Money) string {
	amount, err := currency.NewAmountFromInt64(m.Amount, m.Currency)
	if err != nil { // a code that the table does not have
		return m.String()
	}
	return currency.NewFormatter(currency.NewLocale("en")).Format(amount)
}

// Lines counts an order's lines in English.
func Lines(n int) string {
	if n == 1 {
		return "1 line"
	}
	return fmt.Sprintf("%d lines", n)
}
