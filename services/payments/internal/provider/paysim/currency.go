package paysim

import (
	"fmt"

	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
)

// paysim counts in the minor unit of the ISO table but for the currencies here: of these one minor
// unit is so many of paysim's.
var factors = map[string]int64{"ISK": 100}

func factor(currency string) int64 {
	if f, other := factors[currency]; other {
		return f
	}
	return 1
}

// toPaysim is an amount as paysim counts it. The error says that it cannot be sent.
func toPaysim(m domain.Money) (int64, error) {
	f := factor(m.Currency)
	if m.Amount > (1<<63-1)/f {
		return 0, fmt.Errorf("%s is more than the payment provider can count", m.Text())
	}
	return m.Amount * f, nil
}

// fromPaysim is an amount in minor units. The error says that it is a part of one.
func fromPaysim(currency string, amount int64) (domain.Money, error) {
	if amount%factor(currency) != 0 {
		return domain.Money{}, fmt.Errorf("%d of paysim's units of %s are no whole minor units", amount, currency)
	}
	return domain.Money{Amount: minor(currency, amount), Currency: currency}, nil
}

func minor(currency string, amount int64) int64 { return amount / factor(currency) }
