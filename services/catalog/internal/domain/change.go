package domain

import (
	"errors"
	"slices"
	"strings"
)

// ErrOtherCurrency means that a change would give a product's price another currency.
var ErrOtherCurrency = errors.New("the currency of a price cannot change")

// Details are what a product is called and how it is shown, said anew.
type Details struct {
	name        string
	description string
	categories  []string // nil: as they are
	paths       []string
	images      []Image // nil: as they are
}

// NewDetails takes the details of a content, whose other fields are not looked at. Categories or
// images that are nil stay as they are. White space around its texts is dropped. The error joins one
// *Invalid for each field that is wrong.
func NewDetails(content Content) (Details, error) {
	d := Details{
		name:        strings.TrimSpace(content.Name),
		description: strings.TrimSpace(content.Description),
		categories:  distinctIDs(content.Categories),
		images:      slices.Clone(content.Images),
	}
	if err := errors.Join(checkName(d.name), checkDescription(d.description),
		checkCategories(d.categories), checkImages(d.images)); err != nil {
		return Details{}, err
	}
	return d, nil
}

// Change is all that can change of a product, said anew: what a file says of it.
type Change struct {
	Details
	price  Money
	active bool
}

// NewChange says what a product shall be: its details and price, and whether it is for sale. The
// error joins one *Invalid for each field that is wrong.
func NewChange(content Content, active bool) (Change, error) {
	details, err := NewDetails(content)
	price, priceErr := newPrice(content)
	if err := errors.Join(err, priceErr); err != nil {
		return Change{}, err
	}
	return Change{details, price, active}, nil
}
