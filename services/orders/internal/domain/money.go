package domain

import (
	"errors"
	"fmt"
	"math"
	"math/bits"

	"github.com/ordersaga/ordersaga/platform/money"
)

// Errors of amounts.
var (
	// ErrAmountTooLarge: a sum or a product does not fit into 64 bits.
	ErrAmountTooLarge = errors.New("the amount is too large")
	// ErrCurrencies: amounts of different currencies cannot be added.
	ErrCurrencies = errors.New("the amounts are in different currencies")
)

// Money is an amount in the minor unit of its currency: 1250 GBP is £12.50.
type Money struct {
	Amount int64 `json:"amount"`
	// Currency is an ISO 4217 code.
	Currency string `json:"currency"`
}

// String formats the amount in minor units, for errors and logs: 1250 GBP.
func (m Money) String() string { return fmt.Sprintf("%d %s", m.Amount, m.Currency) }

// Text formats the amount for people: £12.50.
func (m Money) Text() string { return money.Text(m.Amount, m.Currency) }

// Plus adds, or fails with ErrCurrencies or ErrAmountTooLarge.
func (m Money) Plus(other Money) (Money, error) {
	if m.Currency != other.Currency {
		return Money{}, fmt.Errorf("%w: %s and %s", ErrCurrencies, m, other)
	}
	sum := m.Amount + other.Amount
	// Signed addition has overflowed when both have the sign the sum has not.
	if (m.Amount^sum)&(other.Amount^sum) < 0 {
		return Money{}, fmt.Errorf("%w: %s plus %s", ErrAmountTooLarge, m, other)
	}
	return Money{Amount: sum, Currency: m.Currency}, nil
}

// Times multiplies an amount that is not negative by a quantity that is not negative, or fails with
// ErrAmountTooLarge.
func (m Money) Times(quantity int64) (Money, error) {
	if m.Amount < 0 || quantity < 0 {
		return Money{}, fmt.Errorf("%s times %d: neither may be negative", m, quantity)
	}
	high, low := bits.Mul64(uint64(m.Amount), uint64(quantity))
	if high != 0 || low > math.MaxInt64 {
		return Money{}, fmt.Errorf("%w: %s times %d", ErrAmountTooLarge, m, quantity)
	}
	return Money{Amount: int64(low), Currency: m.Currency}, nil
}
