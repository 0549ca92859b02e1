package domain

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/ordersaga/ordersaga/platform/money"
)

// MaxAmount is the largest amount, in minor units: 2^53-1, the largest integer that every JSON
// reader holds exactly. Nothing the shop sells comes near it.
const MaxAmount int64 = 1<<53 - 1

// ErrTooLarge means that a sum passes MaxAmount.
var ErrTooLarge = errors.New("the amount is too large")

// Money is an amount in the minor unit of its currency: 1250 GBP is £12.50.
type Money struct {
	amount   int64
	currency string
}

// NewMoney makes an amount of 0 to MaxAmount minor units of an ISO 4217 currency. The error names
// each of the two that is wrong as *Invalid.
func NewMoney(amount int64, code string) (Money, error) {
	var err error
	if amount < 0 || amount > MaxAmount {
		err = errors.Join(err, &Invalid{Field: "amount", Problem: fmt.Sprintf("must be between 0 and %d minor units", MaxAmount), Value: amount})
	}
	if !money.IsCurrency(code) {
		err = errors.Join(err, &Invalid{Field: "currency", Problem: "must be an ISO 4217 code in upper case, like GBP", Value: code})
	}
	if err != nil {
		return Money{}, err
	}
	return Money{amount: amount, currency: code}, nil
}

// Amount in minor units.
func (m Money) Amount() int64 { return m.amount }

// Currency is the ISO 4217 code.
func (m Money) Currency() string { return m.currency }

// add sums two amounts of either sign that are each within MaxAmount.
func add(a, b int64) (int64, error) {
	sum := a + b // both within ±2^53: cannot wrap
	if sum > MaxAmount || sum < -MaxAmount {
		return 0, ErrTooLarge
	}
	return sum, nil
}

// multiply is a price for a quantity, neither negative.
func multiply(price, quantity int64) (int64, error) {
	high, low := bits.Mul64(uint64(price), uint64(quantity))
	if high != 0 || low > uint64(MaxAmount) {
		return 0, ErrTooLarge
	}
	return int64(low), nil
}
