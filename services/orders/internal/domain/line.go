package domain

import (
	"errors"
	"fmt"
)

// Bounds of an order.
const (
	MaxLines    = 1_000
	MaxQuantity = 100_000 // units on one line
)

// Errors of an order's content.
var (
	// ErrLines: an order has 1 to MaxLines lines.
	ErrLines = errors.New("an order has 1 to 1,000 lines")
	// ErrLine: a line names a SKU and has 1 to MaxQuantity units at a price that is not negative.
	ErrLine = errors.New("a line needs a SKU, 1 to 100,000 units and a price that is not negative")
	// ErrTotal: the total is not the sum of the lines and adjustments, or negative.
	ErrTotal = errors.New("the total is not what lines and adjustments add up to")
)

// Line is a quantity of one product, with the name and price at which the order was placed. Later
// changes of the catalog do not change it.
type Line struct {
	// Number counts from 1 in the order of the request and is never reused. Older events do not
	// have it.
	Number    int32  `json:"number,omitempty"`
	SKU       string `json:"sku"`
	Name      string `json:"name"`
	UnitPrice int64  `json:"unit_price"` // minor units for one unit
	Quantity  int64  `json:"quantity"`
}

// Adjustment of the total: kind "shipping", "tax" or "discount".
type Adjustment struct {
	Kind   string `json:"kind"`
	Amount int64  `json:"amount"` // minor units; a discount is negative
	// OfLines is how much of a tax is of each line, in the order of the lines, and OfShipping how
	// much is of shipping, when that is known. They add up to the amount. Older events do not have
	// them.
	OfLines    []int64 `json:"of_lines,omitempty"`
	OfShipping int64   `json:"of_shipping,omitempty"`
}

// Total adds up lines and adjustments. It fails with ErrLines, ErrLine, ErrAmountTooLarge, or
// ErrTotal when the sum is negative or cannot be divided among the units.
func Total(lines []Line, adjustments []Adjustment, currency string) (Money, error) {
	if len(lines) < 1 || len(lines) > MaxLines {
		return Money{}, fmt.Errorf("%w, not %d", ErrLines, len(lines))
	}
	total := Money{Currency: currency}
	for i, line := range lines {
		if line.SKU == "" || line.Quantity < 1 || line.Quantity > MaxQuantity || line.UnitPrice < 0 {
			return Money{}, fmt.Errorf("line %d, %d units of %q at %d: %w", i+1, line.Quantity, line.SKU, line.UnitPrice, ErrLine)
		}
		price, err := Money{Amount: line.UnitPrice, Currency: currency}.Times(line.Quantity)
		if err == nil {
			total, err = total.Plus(price)
		}
		if err != nil {
			return Money{}, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	for _, adjustment := range adjustments {
		var err error
		total, err = total.Plus(Money{Amount: adjustment.Amount, Currency: currency})
		if err != nil {
			return Money{}, fmt.Errorf("%s: %w", adjustment.Kind, err)
		}
	}
	if total.Amount < 0 {
		return Money{}, fmt.Errorf("%w: the sum %s is negative", ErrTotal, total)
	}
	if _, err := split(numbered(lines), adjustments); err != nil {
		return Money{}, fmt.Errorf("%w: %w", ErrTotal, err)
	}
	return total, nil
}
