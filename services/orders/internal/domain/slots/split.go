// Package slots divides an order's total among its units, once, when it is placed.
//
// Each unit of a line, and shipping as a whole, is a slot with its own amount: its price, its share
// of the discount and its share of the tax. When a unit is shipped, cancelled or returned, exactly
// the amount of its slot is moved. So amounts always add up to the total, in any order, and nothing
// is divided twice.
package slots

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
)

// Line is a quantity of one product.
type Line struct {
	Number    int32 // at least 1; no two lines have one
	Quantity  int64 // at least 1
	UnitPrice int64 // minor units, at least 0
}

// Order is what is divided. All amounts are in minor units and at least 0.
type Order struct {
	Lines    []Line
	Discount int64 // at most goods and shipping
	Shipping int64
	Tax      int64
	// TaxParts is how much of the tax is of each line, by its number, and last of shipping. They add
	// up to the tax. Nil: it is not known, and the tax is spread.
	TaxParts []int64
}

// Amounts of slots, in minor units. Discount is what is taken off.
type Amounts struct {
	Goods    int64 `json:"goods"`
	Shipping int64 `json:"shipping"`
	Discount int64 `json:"discount"`
	Tax      int64 `json:"tax"`
}

// Total is what is due for the slots.
func (a Amounts) Total() int64 { return a.Goods + a.Shipping - a.Discount + a.Tax }

// Plus adds.
func (a Amounts) Plus(b Amounts) Amounts {
	return Amounts{a.Goods + b.Goods, a.Shipping + b.Shipping, a.Discount + b.Discount, a.Tax + b.Tax}
}

// Split has the amounts of an order's slots.
type Split struct {
	lines    map[int32]share
	shipping Amounts
}

type share struct {
	quantity int64
	Amounts
}

// ErrDiscount: the discount is larger than goods and shipping.
var ErrDiscount = errors.New("the discount is above goods and shipping")

// ErrTaxParts: the parts of the tax are not one of each line and one of shipping, one of them is
// negative, or they do not add up to the tax.
var ErrTaxParts = errors.New("the tax does not have the parts that are given")

// New divides an order. A discount is spread over the goods by the lines' values, and the part that
// exceeds them over shipping; tax is spread over goods and shipping after the discount, unless its
// parts are given. Each is spread by largest remainder, ties by line number. If all values are zero,
// quantities are used. It fails with ErrDiscount and ErrTaxParts.
func New(order Order) (Split, error) {
	lines := slices.SortedFunc(slices.Values(order.Lines), func(a, b Line) int { return int(a.Number) - int(b.Number) })
	goods, quantities := make([]int64, len(lines)), make([]int64, len(lines))
	var allGoods int64
	for i, line := range lines {
		goods[i], quantities[i] = line.UnitPrice*line.Quantity, line.Quantity
		allGoods += goods[i]
	}
	onGoods := min(order.Discount, allGoods)
	onShipping := order.Discount - onGoods
	if onShipping > order.Shipping {
		return Split{}, fmt.Errorf("%w: %d of %d", ErrDiscount, order.Discount, allGoods+order.Shipping)
	}
	discounts := spread(onGoods, goods, quantities)

	// Shipping is the last share of the tax.
	if err := order.checkTaxParts(); err != nil {
		return Split{}, err
	}
	taxed, counts := make([]int64, len(lines)+1), append(slices.Clone(quantities), 0)
	for i := range lines {
		taxed[i] = goods[i] - discounts[i]
	}
	taxed[len(lines)] = order.Shipping - onShipping
	taxes := order.TaxParts
	if taxes == nil {
		taxes = spread(order.Tax, taxed, counts)
	}

	split := Split{
		lines:    make(map[int32]share, len(lines)),
		shipping: Amounts{Shipping: order.Shipping, Discount: onShipping, Tax: taxes[len(lines)]},
	}
	for i, line := range lines {
		split.lines[line.Number] = share{line.Quantity, Amounts{Goods: goods[i], Discount: discounts[i], Tax: taxes[i]}}
	}
	return split, nil
}

func (o Order) checkTaxParts() error {
	if o.TaxParts == nil {
		return nil
	}
	if len(o.TaxParts) != len(o.Lines)+1 {
		return fmt.Errorf("%w: %d parts for %d lines and shipping", ErrTaxParts, len(o.TaxParts), len(o.Lines))
	}
	left := o.Tax
	for i, part := range o.TaxParts {
		if part < 0 || part > left {
			return fmt.Errorf("%w: part %d is %d, of %d that are left of the tax of %d", ErrTaxParts, i+1, part, left, o.Tax)
		}
		left -= part
	}
	if left != 0 {
		return fmt.Errorf("%w: the parts of the tax of %d are %d less", ErrTaxParts, o.Tax, left)
	}
	return nil
}

// Units are the amounts of a line's units from one to another, counted from 0; to is not included.
func (s Split) Units(line int32, from, to int64) Amounts {
	of := s.lines[line]
	part := func(amount int64) int64 {
		return upTo(amount, to, of.quantity) - upTo(amount, from, of.quantity)
	}
	return Amounts{Goods: part(of.Goods), Discount: part(of.Discount), Tax: part(of.Tax)}
}

// Shipping are the amounts of shipping.
func (s Split) Shipping() Amounts { return s.shipping }

// upTo is what the first units of n have of an amount: floor(amount · units / n), in 128 bits.
func upTo(amount, units, n int64) int64 {
	if n == 0 {
		return 0
	}
	return mulDiv(amount, units, n)
}

// spread divides an amount by weights, or by others when all weights are zero. The parts add up to
// it.
func spread(amount int64, weights, others []int64) []int64 {
	parts := make([]int64, len(weights))
	var sum int64
	for _, weight := range weights {
		sum += weight
	}
	if sum == 0 {
		weights = others
		for _, weight := range weights {
			sum += weight
		}
	}
	if sum == 0 || amount == 0 {
		return parts
	}
	left := amount
	remainders := make([]uint64, len(weights))
	for i, weight := range weights {
		high, low := bits.Mul64(uint64(amount), uint64(weight))
		quotient, remainder := bits.Div64(high, low, uint64(sum))
		parts[i], remainders[i] = int64(quotient), remainder
		left -= parts[i]
	}
	order := make([]int, len(weights))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case remainders[a] > remainders[b]:
			return -1
		case remainders[a] < remainders[b]:
			return 1
		}
		return a - b
	})
	for _, i := range order[:left] {
		parts[i]++
	}
	return parts
}

// mulDiv is floor(a · b / n) for b at most n, so that it fits.
func mulDiv(a, b, n int64) int64 {
	high, low := bits.Mul64(uint64(a), uint64(b))
	quotient, _ := bits.Div64(high, low, uint64(n))
	return int64(quotient)
}
