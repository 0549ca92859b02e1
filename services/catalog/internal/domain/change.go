package domain

import (
	"errors"
	"slices"
	"strings"
)

// ErrOtherCurrency means that a change would give a product's price another currency.
var ErrOtherCurrency = errors.New("the currency of a price cannot change")

// Change is all that can change of a product, said anew.
type Change struct {
	name        string
	description string
	categories  []string // nil: as they are
	paths       []string
	images      []Image // nil: as they are
	price       Money
	active      bool
}

// NewChange says what a product shall be: its content, whose SKU is not looked at, and whether it
// is for sale. Categories or images that are nil stay as they are. White space around its texts is
// dropped. The error joins one *Invalid for each field that is wrong.
func NewChange(content Content, active bool) (Change, error) {
	price, err := newPrice(content)
	c := Change{
		name:        strings.TrimSpace(content.Name),
		description: strings.TrimSpace(content.Description),
		categories:  distinctIDs(content.Categories),
		images:      slices.Clone(content.Images),
		price:       price,
		active:      active,
	}
	if err := errors.Join(checkName(c.name), checkDescription(c.description),
		checkCategories(c.categories), checkImages(c.images), err); err != nil {
		return Change{}, err
	}
	return c, nil
}
