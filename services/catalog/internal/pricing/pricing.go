// Package pricing is the port through which a total gets what is not goods: shipping and tax. Rates
// is the adapter that exists; a shop with a tax service writes another.
package pricing

import (
	"context"
	"fmt"
	"math/bits"

	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
)

// Kinds of adjustments.
const (
	Shipping = "shipping"
	Tax      = "tax"
)

// Policy answers the adjustments of a basket, in a fixed order, none of them zero. A
// *refusal.Refusal from it reaches the customer.
type Policy interface {
	Adjustments(ctx context.Context, basket domain.Basket) ([]domain.Adjustment, error)
}

// Rates charges one flat rate for shipping and one rate of tax. Its zero value charges nothing.
type Rates struct {
	// Shipping of an order in minor units, by currency: 395 pence is not 395 yen. A currency that
	// is not there ships free.
	Shipping map[string]int64
	// TaxBasisPoints on goods and shipping: 2000 is 20 %. 0 to 10,000.
	TaxBasisPoints int64
}

// Adjustments are shipping, then tax. Delivery is taxed at the rate of the goods it delivers (as
// European VAT does). Tax is worked out once for the order and rounded half up to the minor unit:
// the customer can check it with a pocket calculator, and with one rounding for an order there is
// no bias to add up, which is what rounding half to even would be for.
func (r Rates) Adjustments(_ context.Context, basket domain.Basket) ([]domain.Adjustment, error) {
	var adjustments []domain.Adjustment
	taxable := basket.Goods()
	if shipping := r.Shipping[basket.Currency()]; shipping != 0 {
		adjustments = append(adjustments, domain.Adjustment{Kind: Shipping, Amount: shipping})
		taxable += shipping // each within 2^53: cannot wrap
	}
	if tax := partOf(taxable, r.TaxBasisPoints); tax != 0 {
		adjustments = append(adjustments, domain.Adjustment{Kind: Tax, Amount: tax})
	}
	return adjustments, nil
}

// Validate checks the bounds of the rates.
func (r Rates) Validate() error {
	for code, amount := range r.Shipping {
		if _, err := domain.NewMoney(amount, code); err != nil {
			return fmt.Errorf("shipping %s:%d: %w", code, amount, err)
		}
	}
	if r.TaxBasisPoints < 0 || r.TaxBasisPoints > whole {
		return fmt.Errorf("tax of %d basis points is not between 0 and %d", r.TaxBasisPoints, whole)
	}
	return nil
}

// whole is 100 % in basis points.
const whole = 10_000

// partOf is amount × basisPoints / 10,000, half up, neither negative. The product takes up to 67
// bits; the quotient is at most the amount.
func partOf(amount, basisPoints int64) int64 {
	high, low := bits.Mul64(uint64(amount), uint64(basisPoints))
	low, carry := bits.Add64(low, whole/2, 0)
	quotient, _ := bits.Div64(high+carry, low, whole)
	return int64(quotient)
}
