// Package productsearch is what products are found by: the index's schema, the changes that it is
// fed from, and the stock that it filters by.
package productsearch

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ordersaga/ordersaga/platform/search"
)

// Fields of the index.
const (
	Name        = "name"
	SKU         = "sku"
	Description = "description"

	Active       = "active"
	Category     = "category" // each that the product is in, and those above it
	Currency     = "currency"
	Availability = "availability"

	Price   = "price"
	Created = "created"
)

// Values of the field Availability.
const (
	InStock    = "in_stock"
	OutOfStock = "out_of_stock"
)

// Schema of the index.
var Schema = search.Schema{
	Name: "products", Revision: 3,
	Texts:    []search.Text{{Name: Name, Weight: 4}, {Name: SKU, Weight: 4}, {Name: Description, Weight: 1}},
	Keywords: []string{Active, Category, Currency, Availability},
	Numbers:  []string{Price, Created},
}

// Product as it is found.
type Product struct {
	SKU       string    `json:"sku"`
	Name      string    `json:"name"`
	Price     int64     `json:"price"` // minor units
	Currency  string    `json:"currency"`
	Version   int64     `json:"version"`
	CreatedAt time.Time `json:"created_at"`
	// CategoryPaths are the ids from the root of the tree to each category that it is in.
	CategoryPaths []string `json:"category_paths,omitempty"`
}

// document is a product as it was at a position of the changes, which is its version in the index:
// it grows with every change of what is found.
func document(p Product, description string, active, inStock bool, position int64) (search.Document, error) {
	source, err := json.Marshal(p)
	if err != nil {
		return search.Document{}, fmt.Errorf("product %s: %w", p.SKU, err)
	}
	availability := OutOfStock
	if inStock {
		availability = InStock
	}
	return search.Document{
		ID: p.SKU, Version: position, Source: source,
		Texts: map[string]string{Name: p.Name, SKU: p.SKU, Description: description},
		Keywords: map[string][]string{
			Active: {fmt.Sprint(active)}, Category: categories(p.CategoryPaths), Currency: {p.Currency}, Availability: {availability},
		},
		Numbers: map[string]int64{Price: p.Price, Created: p.CreatedAt.UnixMicro()},
	}, nil
}

// categories are all that are on the paths, each once.
func categories(paths []string) (ids []string) {
	for _, path := range paths {
		for id := range strings.SplitSeq(path, "/") {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}
