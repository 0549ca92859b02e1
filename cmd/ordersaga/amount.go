package main

import "github.com/ordersaga/ordersaga/platform/money"

// amount of money as it crosses the REST border.
type amount struct {
	Amount   int64  `json:"amount"` // minor units
	Currency string `json:"currency"`
}

// String is for people: £12.50.
func (a amount) String() string { return money.Text(a.Amount, a.Currency) }

// parseAmount reads "12.50" of a currency.
func parseAmount(number, currency string) (amount, error) {
	minor, err := money.Parse(number, currency)
	return amount{Amount: minor, Currency: currency}, err
}
