package domain

import (
	"fmt"
	"time"
)

// MaxAhead is how long before its time a price can be set.
const MaxAhead = 5 * 366 * 24 * time.Hour

// PriceFrom is a price of a product and the time from which it holds, until the next one's.
type PriceFrom struct {
	Amount int64 // minor units of the product's currency
	From   time.Time
}

// CheckFrom checks the time from which a price shall hold, which comes after now. The error is an
// *Invalid.
func CheckFrom(from, now time.Time) error {
	switch {
	case !from.After(now):
		return &Invalid{Field: "from", Problem: "must be in the future; leave it out for a price that holds from now on", Value: from}
	case from.Sub(now) > MaxAhead:
		return &Invalid{Field: "from", Problem: fmt.Sprintf("must be at most %d days ahead", MaxAhead/(24*time.Hour)), Value: from}
	default:
		return nil
	}
}

// Reprice is the product in its next version, at another price from a time on; or, when it costs
// that already, the product itself. The currency stays (ErrOtherCurrency).
func (p *Product) Reprice(price Money, at time.Time) (*Product, error) {
	if price.currency != p.price.currency {
		return nil, otherCurrency(p, price)
	}
	next := *p
	next.price = price
	return p.changed(&next, at), nil
}

// Sell is the product in its next version, for sale or retired since a time; or, when it is so
// already, the product itself.
func (p *Product) Sell(active bool, at time.Time) *Product {
	next := *p
	next.active = active
	return p.changed(&next, at)
}

// Price of one unit.
func (p *Product) Price() Money { return p.price }

func otherCurrency(p *Product, price Money) error {
	return fmt.Errorf("%w: %s is sold in %s, not in %s", ErrOtherCurrency, p.sku, p.price.currency, price.currency)
}
