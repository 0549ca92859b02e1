// Package pricing is the port through which a total gets what is not goods: shipping and tax. Rates
// is the adapter that exists; a shop with a tax service writes another.
package pricing

import (
	"context"
	"fmt"
	"math/big"
	"math/bits"
	"slices"
	"strings"

	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
)

// Kinds of adjustments.
const (
	Shipping = "shipping"
	Tax      = "tax"
)

// Policy answers the adjustments of a basket, in a fixed order, none of them zero. A policy that
// knows how much of a tax is of which line says so in it (domain.Adjustment.OfLines); units that are
// shipped, cancelled or refunded then have the tax of their line. A *refusal.Refusal from it reaches
// the customer.
type Policy interface {
	Adjustments(ctx context.Context, basket domain.Basket) ([]domain.Adjustment, error)
}

// Rates charges one flat rate for shipping and one rate of tax, or rates of tax by category. Its zero
// value charges nothing.
type Rates struct {
	// Shipping of an order in minor units, by currency: 395 pence is not 395 yen. A currency that
	// is not there ships free.
	Shipping map[string]int64
	// TaxBasisPoints on goods and shipping: 2000 is 20 %. 0 to 10,000.
	TaxBasisPoints int64
	// TaxByCategory has rates of their own in basis points, by the id of a category: for it and what
	// is below it in the tree, where the nearest counts. A product that is in several of them has the
	// highest of their rates, one that is in none TaxBasisPoints. Empty: there is one rate for all.
	TaxByCategory map[string]int64
}

// Adjustments are shipping, then tax. Delivery is taxed at the rate of the goods it delivers (as
// European VAT does). Tax is worked out once for the order and rounded half up to the minor unit:
// the customer can check it with a pocket calculator, and with one rounding for an order there is
// no bias to add up, which is what rounding half to even would be for. With rates by category it is
// worked out and rounded once for each line, and once for shipping at the goods' average rate.
func (r Rates) Adjustments(_ context.Context, basket domain.Basket) ([]domain.Adjustment, error) {
	var adjustments []domain.Adjustment
	taxable := basket.Goods()
	if shipping := r.Shipping[basket.Currency()]; shipping != 0 {
		adjustments = append(adjustments, domain.Adjustment{Kind: Shipping, Amount: shipping})
		taxable += shipping // each within 2^53: cannot wrap
	}
	if len(r.TaxByCategory) > 0 {
		if tax := r.taxByLine(basket, taxable-basket.Goods()); tax.Amount != 0 {
			adjustments = append(adjustments, tax)
		}
		return adjustments, nil
	}
	if tax := partOf(taxable, r.TaxBasisPoints); tax != 0 {
		adjustments = append(adjustments, domain.Adjustment{Kind: Tax, Amount: tax})
	}
	return adjustments, nil
}

// taxByLine works out the tax of each line at its rate, and of shipping.
func (r Rates) taxByLine(basket domain.Basket, shipping int64) domain.Adjustment {
	tax := domain.Adjustment{Kind: Tax, OfLines: make([]int64, len(basket.Lines()))}
	weighted := new(big.Int) // amounts × rates
	for i, line := range basket.Lines() {
		rate := r.rateOf(line.Categories)
		tax.OfLines[i] = partOf(line.Amount(), rate)
		tax.Amount += tax.OfLines[i] // at most the goods: cannot wrap
		weighted.Add(weighted, new(big.Int).Mul(big.NewInt(line.Amount()), big.NewInt(rate)))
	}
	tax.OfShipping = partOf(shipping, r.TaxBasisPoints)
	if goods := big.NewInt(basket.Goods()); goods.Sign() > 0 {
		// shipping × weighted / goods / 10,000, half up.
		scale := goods.Mul(goods, big.NewInt(whole))
		weighted.Mul(weighted, big.NewInt(shipping)).Add(weighted, new(big.Int).Rsh(scale, 1))
		tax.OfShipping = weighted.Quo(weighted, scale).Int64()
	}
	tax.Amount += tax.OfShipping
	return tax
}

// rateOf is the rate of a product with these paths of categories.
func (r Rates) rateOf(paths []string) int64 {
	highest, found := int64(0), false
	for _, path := range paths {
		ids := strings.Split(path, "/")
		for _, id := range slices.Backward(ids) {
			if rate, ok := r.TaxByCategory[id]; ok {
				highest, found = max(highest, rate), true
				break
			}
		}
	}
	if !found {
		return r.TaxBasisPoints
	}
	return highest
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
	for id, rate := range r.TaxByCategory {
		if !domain.IsCategoryID(id) {
			return fmt.Errorf("%q is not the id of a category", id)
		}
		if rate < 0 || rate > whole {
			return fmt.Errorf("tax of %d basis points for %s is not between 0 and %d", rate, id, whole)
		}
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
