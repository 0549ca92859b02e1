package domain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/refusal"
)

// Wanted is a line of what a customer wants to buy.
type Wanted struct {
	SKU      string
	Quantity int64 // units, at least 1
}

// Offer is what a product costs now.
type Offer struct {
	SKU    string
	Name   string
	Price  Money
	Active bool // for sale
	// Categories are the paths of the product's categories, like "home/kitchen/mugs".
	Categories []string
}

// Line is a wanted line with its price.
type Line struct {
	SKU       string
	Name      string
	UnitPrice int64 // minor units
	Quantity  int64
	// Categories are the paths of the product's categories.
	Categories []string
}

// Amount of the line in minor units.
func (l Line) Amount() int64 { return l.UnitPrice * l.Quantity } // Price has checked that it fits

// Basket is priced lines in one currency, before adjustments.
type Basket struct {
	currency string
	lines    []Line
	goods    int64
}

// Currency of all amounts.
func (b Basket) Currency() string { return b.currency }

// Lines in the order they were wanted.
func (b Basket) Lines() []Line { return b.lines }

// Goods is the sum of the lines in minor units.
func (b Basket) Goods() int64 { return b.goods }

// Price prices the wanted lines by the offers. It refuses, naming SKUs at fault: unknown_product
// for one that is not offered or not for sale, currency_mismatch for one sold in another currency;
// and total_too_large when the sum passes MaxAmount.
func Price(wanted []Wanted, currency string, offers map[string]Offer) (Basket, error) {
	if unknown := distinct(wanted, func(sku string) bool { return !offers[sku].Active }); len(unknown) > 0 {
		var details refusals.UnknownProductDetails
		details.SKUs, details.More = refusals.Named(unknown)
		return Basket{}, refusal.New(refusals.UnknownProduct, "Not for sale: "+few(unknown), details)
	}
	if foreign := distinct(wanted, func(sku string) bool { return offers[sku].Price.Currency() != currency }); len(foreign) > 0 {
		details := refusals.CurrencyMismatchDetails{Currency: currency}
		details.SKUs, details.More = refusals.Named(foreign)
		return Basket{}, refusal.New(refusals.CurrencyMismatch, fmt.Sprintf("Not sold in %s: %s", currency, few(foreign)), details)
	}
	basket := Basket{currency: currency, lines: make([]Line, 0, len(wanted))}
	for _, w := range wanted {
		offer := offers[w.SKU]
		line, err := multiply(offer.Price.Amount(), w.Quantity)
		if err != nil {
			return Basket{}, totalTooLarge()
		}
		if basket.goods, err = add(basket.goods, line); err != nil {
			return Basket{}, totalTooLarge()
		}
		basket.lines = append(basket.lines, Line{SKU: w.SKU, Name: offer.Name, UnitPrice: offer.Price.Amount(), Quantity: w.Quantity, Categories: offer.Categories})
	}
	return basket, nil
}

// Adjustment changes a total: "shipping", "tax" or "discount".
type Adjustment struct {
	Kind   string
	Amount int64 // minor units; a discount is negative
	// OfLines is how much of a tax is of each line, in the order of the lines, when that is known;
	// OfShipping is the part of shipping. They add up to the amount, and none is negative. Nil: it is
	// not known, and the tax is spread over the lines and shipping by value.
	OfLines    []int64
	OfShipping int64
}

// checkParts checks what is said of the parts of an adjustment.
func (a Adjustment) checkParts(lines int) error {
	if a.OfLines == nil && a.OfShipping == 0 {
		return nil
	}
	if a.Kind != "tax" || len(a.OfLines) != lines {
		return fmt.Errorf("a %s of %d has parts of %d lines; only a tax has parts, one of each of the %d lines", a.Kind, a.Amount, len(a.OfLines), lines)
	}
	left := a.Amount
	for _, part := range append(slices.Clone(a.OfLines), a.OfShipping) {
		if part < 0 || part > left {
			return fmt.Errorf("a tax of %d has the parts %v and %d: one is negative, or they are more", a.Amount, a.OfLines, a.OfShipping)
		}
		left -= part
	}
	if left != 0 {
		return fmt.Errorf("a tax of %d has the parts %v and %d, which are %d less", a.Amount, a.OfLines, a.OfShipping, left)
	}
	return nil
}

// Total is the goods and the adjustments. It refuses total_too_large; a total below zero and parts
// that do not add up are a mistake in the adjustments and an ordinary error.
func (b Basket) Total(adjustments []Adjustment) (Money, error) {
	total := b.goods
	for _, a := range adjustments {
		if err := a.checkParts(len(b.lines)); err != nil {
			return Money{}, err
		}
		if a.Amount > MaxAmount || a.Amount < -MaxAmount {
			return Money{}, totalTooLarge()
		}
		var err error
		if total, err = add(total, a.Amount); err != nil {
			return Money{}, totalTooLarge()
		}
	}
	if total < 0 {
		return Money{}, fmt.Errorf("adjustments %v bring a total of %d %s below zero", adjustments, b.goods, b.currency)
	}
	return Money{amount: total, currency: b.currency}, nil
}

func totalTooLarge() error {
	return refusal.New(refusals.TotalTooLarge, fmt.Sprintf("The total passes %d minor units", MaxAmount), nil)
}

// distinct is the SKUs at fault, each once, in the order of the lines.
func distinct(wanted []Wanted, fault func(sku string) bool) []string {
	var found []string
	seen := make(map[string]bool, len(wanted))
	for _, w := range wanted {
		if !seen[w.SKU] && fault(w.SKU) {
			found = append(found, w.SKU)
		}
		seen[w.SKU] = true
	}
	return found
}

// few names the first SKUs in a sentence; the details have more of them.
func few(skus []string) string {
	const most = 5
	if len(skus) <= most {
		return strings.Join(skus, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(slices.Clip(skus[:most]), ", "), len(skus)-most)
}
