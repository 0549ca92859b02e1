package invoices

import (
	"fmt"
	"math/big"
	"regexp"
)

// Factor of the sold units that are received as stock, exact.
type Factor struct{ ratio *big.Rat }

var decimal = regexp.MustCompile(`^[0-9]{1,3}(\.[0-9]{1,6})?$`)

// ParseFactor reads a decimal number from 0 to 999.999999.
func ParseFactor(text string) (Factor, error) {
	if !decimal.MatchString(text) {
		return Factor{}, fmt.Errorf("a stock factor is a decimal number from 0 to 999, such as 0.8, not %q", text)
	}
	ratio, _ := new(big.Rat).SetString(text)
	return Factor{ratio}, nil
}

// LeavesOrdersShort reports whether less stock is received than is sold.
func (f Factor) LeavesOrdersShort() bool { return f.ratio.Cmp(big.NewRat(1, 1)) < 0 }

// String returns the shortest decimal: 0.8 also for 0.80.
func (f Factor) String() string {
	for digits := 0; ; digits++ {
		text := f.ratio.FloatString(digits)
		if written, _ := new(big.Rat).SetString(text); written.Cmp(f.ratio) == 0 {
			return text
		}
	}
}

// of returns the factor of units, rounded to the nearest, halves up: 0.8 of one unit is one, so
// that rare products still have stock.
func (f Factor) of(units int64) int64 {
	doubled := new(big.Int).Mul(big.NewInt(2*units), f.ratio.Num())
	doubled.Add(doubled, f.ratio.Denom())
	return doubled.Div(doubled, new(big.Int).Mul(big.NewInt(2), f.ratio.Denom())).Int64()
}

// Stock returns the deliveries, a line for each SKU: the factor of the units that the invoices
// sell. SKUs with no units are left out. A SKU with more units than a line may have has several
// lines.
func (f *File) Stock(factor Factor) (lines []Line) {
	sold := map[string]int64{}
	var skus []string
	for _, invoice := range f.Invoices {
		for _, line := range invoice.Lines {
			if sold[line.SKU] == 0 {
				skus = append(skus, line.SKU)
			}
			sold[line.SKU] += line.Quantity
		}
	}
	for _, sku := range skus {
		for units := factor.of(sold[sku]); units > 0; units -= MaxQuantity {
			lines = append(lines, Line{SKU: sku, Quantity: min(units, MaxQuantity)})
		}
	}
	return lines
}
