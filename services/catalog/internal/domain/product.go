// Package domain has what a product is and what a quote adds up to. It knows no clock and no
// database.
package domain

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ordersaga/ordersaga/platform/text"
)

// Bounds of a product's texts, in characters.
const (
	MaxName        = 200
	MaxDescription = 5000
)

// Product is something the shop sells.
type Product struct {
	sku         string
	name        string
	description string
	// categories are ids, paths where they are in the tree; images are in their order.
	categories []string
	paths      []string
	images     []Image
	price      Money
	active     bool
	version    int64
	createdAt  time.Time
	updatedAt  time.Time
}

// Content is what people say about a product.
type Content struct {
	SKU         string
	Name        string
	Description string
	// Categories are ids, Images are in the order in which they are shown.
	Categories []string
	Images     []Image
	Price      int64 // minor units for one unit
	Currency   string
}

// NewProduct is a product for sale, in its first version, made at a time. White space around its
// texts is dropped. The error joins one *Invalid for each field that is wrong.
func NewProduct(content Content, at time.Time) (*Product, error) {
	price, err := newPrice(content)
	p := &Product{
		sku:         content.SKU,
		name:        strings.TrimSpace(content.Name),
		description: strings.TrimSpace(content.Description),
		categories:  distinctIDs(content.Categories),
		images:      slices.Clone(content.Images),
		price:       price,
		active:      true,
		version:     1,
		createdAt:   at,
		updatedAt:   at,
	}
	err = errors.Join(checkSKU(p.sku), checkName(p.name), checkDescription(p.description),
		checkCategories(p.categories), checkImages(p.images), err)
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Snapshot is a product's state as a store keeps it.
type Snapshot struct {
	SKU, Name, Description string
	Categories             []string // ids, sorted
	CategoryPaths          []string // one for each category: the ids from the root to it, like "home/kitchen/mugs"
	Images                 []Image
	Price                  int64
	Currency               string
	Active                 bool
	Version                int64
	CreatedAt, UpdatedAt   time.Time
}

// Restore is the product of a snapshot that came from Snapshot.
func Restore(s Snapshot) *Product {
	return &Product{
		sku: s.SKU, name: s.Name, description: s.Description,
		categories: s.Categories, paths: s.CategoryPaths, images: s.Images,
		price:  Money{amount: s.Price, currency: s.Currency},
		active: s.Active, version: s.Version,
		createdAt: s.CreatedAt.UTC(), updatedAt: s.UpdatedAt.UTC(),
	}
}

// Snapshot is the product's state, for a store.
func (p *Product) Snapshot() Snapshot {
	return Snapshot{
		SKU: p.sku, Name: p.name, Description: p.description,
		Categories: p.categories, CategoryPaths: p.paths, Images: p.images,
		Price: p.price.amount, Currency: p.price.currency,
		Active: p.active, Version: p.version,
		CreatedAt: p.createdAt, UpdatedAt: p.updatedAt,
	}
}

// Describe is the product in its next version, with other details since a time; or, when it has these
// already, the product itself.
func (p *Product) Describe(details Details, at time.Time) *Product {
	next := p.described(details)
	return p.changed(&next, at)
}

// Change is the product in its next version, changed at a time; or, when it says so already, the
// product itself. The SKU stays, and so does the currency of the price (ErrOtherCurrency): the same
// number in another currency is a mistake far more often than a wish, and what is sold in another
// currency can have a SKU of its own.
func (p *Product) Change(change Change, at time.Time) (*Product, error) {
	if change.price.currency != p.price.currency {
		return nil, otherCurrency(p, change.price)
	}
	next := p.described(change.Details)
	next.price, next.active = change.price, change.active
	return p.changed(&next, at), nil
}

func (p *Product) described(details Details) Product {
	next := *p
	next.name, next.description = details.name, details.description
	if details.categories != nil {
		next.categories, next.paths = details.categories, details.paths
	}
	if details.images != nil {
		next.images = details.images
	}
	return next
}

// changed gives next its version; it is the product itself when nothing differs.
func (p *Product) changed(next *Product, at time.Time) *Product {
	if next.active == p.active && next.Says(p) {
		return p
	}
	next.version, next.updatedAt = p.version+1, at
	return next
}

// SKU identifies the product.
func (p *Product) SKU() string { return p.sku }

// Version counts from 1, one more with each change.
func (p *Product) Version() int64 { return p.version }

// Says tells whether a newly described product is this one: the same SKU with the same content,
// whenever and in whatever version.
func (p *Product) Says(other *Product) bool {
	return p.sku == other.sku && p.name == other.name && p.description == other.description && p.price == other.price &&
		slices.Equal(p.categories, other.categories) && slices.Equal(p.images, other.images)
}

func newPrice(content Content) (Money, error) {
	price, err := NewMoney(content.Price, content.Currency)
	for _, fault := range Faults(err) {
		fault.Field = "price." + fault.Field
	}
	return price, err
}

func checkName(name string) error {
	switch {
	case name == "":
		return &Invalid{Field: "name", Problem: "must not be empty", Value: name}
	case utf8.RuneCountInString(name) > MaxName:
		return &Invalid{Field: "name", Problem: fmt.Sprintf("must have at most %d characters", MaxName), Value: name}
	}
	if err := text.Check(name); err != nil {
		return &Invalid{Field: "name", Problem: err.Error(), Value: name}
	}
	return nil
}

func checkDescription(description string) error {
	if utf8.RuneCountInString(description) > MaxDescription {
		return &Invalid{Field: "description", Problem: fmt.Sprintf("must have at most %d characters", MaxDescription), Value: description}
	}
	if description == "" {
		return nil
	}
	if err := text.Check(description, '\n', '\r', '\t'); err != nil {
		return &Invalid{Field: "description", Problem: err.Error(), Value: description}
	}
	return nil
}
