package domain

import (
	"errors"
	"fmt"

	"github.com/ordersaga/ordersaga/services/orders/internal/domain/slots"
)

const kindTax = "tax"

// errParts: only a tax has parts, one of each line.
var errParts = errors.New("only a tax has parts, one of each line")

// split divides lines, which have numbers, and adjustments among the units. A tax goes to the lines
// that it is of, when the adjustments say so.
func split(lines []Line, adjustments []Adjustment) (slots.Split, error) {
	order := slots.Order{Lines: make([]slots.Line, len(lines))}
	for i, line := range lines {
		order.Lines[i] = slots.Line{Number: line.Number, Quantity: line.Quantity, UnitPrice: line.UnitPrice}
	}
	for _, adjustment := range adjustments {
		switch {
		case adjustment.Amount < 0:
			order.Discount -= adjustment.Amount
		case adjustment.Kind == kindTax:
			order.Tax += adjustment.Amount
		default:
			order.Shipping += adjustment.Amount
		}
	}
	var err error
	if order.TaxParts, err = taxParts(len(lines), adjustments); err != nil {
		return slots.Split{}, err
	}
	return slots.New(order)
}

// taxParts is how much of the taxes is of each line, and last of shipping; nil when no adjustment
// says it. It fails with errParts.
func taxParts(lines int, adjustments []Adjustment) ([]int64, error) {
	var parts []int64
	for _, adjustment := range adjustments {
		if len(adjustment.OfLines) == 0 && adjustment.OfShipping == 0 {
			continue
		}
		if adjustment.Kind != kindTax || len(adjustment.OfLines) != lines {
			return nil, fmt.Errorf("%w: the %s of %d has %d for %d lines", errParts, adjustment.Kind, adjustment.Amount, len(adjustment.OfLines), lines)
		}
		if parts == nil {
			parts = make([]int64, lines+1)
		}
		for i, part := range adjustment.OfLines {
			parts[i] += part
		}
		parts[lines] += adjustment.OfShipping
	}
	return parts, nil
}

// LineTaxes are the taxes of the lines in minor units, in their order; nil when it is not known how
// much of the tax is of which line.
func (o *Order) LineTaxes() []int64 {
	parts, err := taxParts(len(o.lines), o.adjustments)
	if err != nil || parts == nil {
		return nil
	}
	return parts[:len(o.lines)]
}
