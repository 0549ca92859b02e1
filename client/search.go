package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// ProductSearch says which products to find; what is left out is not looked at.
type ProductSearch struct {
	// Text is words as people type them: unfinished, in the plural, with typing errors.
	Text         string
	Category     string // its id: also what is below it
	Currency     string
	Availability string // InStock or OutOfStock
	// MinPrice and MaxPrice are in minor units; 0 is no bound.
	MinPrice, MaxPrice int64
	// Sort is "relevance", the default, "price", "-price", "name" or "newest".
	Sort string
}

// Availability of a product.
const (
	InStock    = "in_stock"
	OutOfStock = "out_of_stock"
)

// FoundProduct is a product that was found.
type FoundProduct struct {
	SKU   string `json:"sku"`
	Name  string `json:"name"`
	Price Money  `json:"price"`
	// Stock is nil until the catalog has the stock of the SKU.
	Stock *ProductStock `json:"stock,omitempty"`
	// CategoryPaths are the ids from the root of the tree to each category that it is in.
	CategoryPaths []string `json:"category_paths"`
	Score         float64  `json:"score"` // how well it matches; comparable within one search
	// Highlights are the texts in which something was found, as HTML: escaped, with <mark> around
	// what was found.
	Highlights map[string]string `json:"highlights,omitempty"`
}

// Facet counts the values of a field over all that was found.
type Facet struct {
	Field  string       `json:"field"`
	Values []FacetValue `json:"values"`
}

// FacetValue is a value, or a range of amounts, and how many have it.
type FacetValue struct {
	Value string `json:"value,omitempty"`
	Min   *int64 `json:"min,omitempty"`   // the lowest of the range
	Below *int64 `json:"below,omitempty"` // the range ends below it
	Count int64  `json:"count"`
}

// FoundProducts is a page of products that were found.
type FoundProducts struct {
	Products []FoundProduct `json:"products"`
	Total    int64          `json:"total"` // on all pages
	Facets   []Facet        `json:"facets"`
	// Similar: few have all the words as they were typed, so those with similar words were found,
	// too, below them.
	Similar bool   `json:"similar"`
	Next    string `json:"next_cursor,omitempty"` // "" on the last page
}

// SearchProducts finds products for sale. They follow changes with a short delay.
func (c *Client) SearchProducts(ctx context.Context, search ProductSearch, page PageRequest) (*FoundProducts, error) {
	query := page.query()
	set(query, "q", search.Text)
	set(query, "category", search.Category)
	set(query, "currency", search.Currency)
	set(query, "availability", search.Availability)
	setNumber(query, "min_price", search.MinPrice)
	setNumber(query, "max_price", search.MaxPrice)
	set(query, "sort", search.Sort)
	return ask[FoundProducts](ctx, c, call{service: catalog, path: "/v1/products/search", query: query})
}

// ProductSuggestion is the name of a product.
type ProductSuggestion struct {
	Name      string `json:"name"`
	SKU       string `json:"sku"`       // of the best product of this name
	Highlight string `json:"highlight"` // the name as HTML, as in FoundProduct
}

// SuggestProducts completes what somebody types with at most limit names; 0 is the service's
// default, 8.
func (c *Client) SuggestProducts(ctx context.Context, typed string, limit int) ([]ProductSuggestion, error) {
	query := url.Values{"q": {typed}}
	setNumber(query, "limit", int64(limit))
	page, err := list[ProductSuggestion](ctx, c, "suggestions", call{service: catalog, path: "/v1/products/suggestions", query: query})
	return page.Items, err
}

// OrderSearch says which orders to find; what is left out is not looked at.
type OrderSearch struct {
	// Text is words: a number, an id or its beginning, a reference, a customer, SKUs, names of
	// products, a reason, metadata.
	Text string
	// These are compared as they are; Email but for capitals.
	Number, Reference, Customer, Email, SKU string
	Status, PaymentStatus, Reason           string
	Stuck                                   *bool
	// Hold is why nothing of the order is shipped now: "payment".
	Hold     string
	Currency string
	// MinTotal and MaxTotal are in minor units; 0 is no bound.
	MinTotal, MaxTotal int64
	// PlacedFrom is included, PlacedBefore is not; the zero time is no bound.
	PlacedFrom, PlacedBefore time.Time
	// Sort is "relevance", the default, "newest", "oldest", "total" or "-total".
	Sort string
}

// FoundOrder is an order that was found.
type FoundOrder struct {
	ID            string    `json:"id"`
	Number        string    `json:"number,omitempty"`
	Reference     string    `json:"reference,omitempty"`
	Status        string    `json:"status"`
	PaymentStatus string    `json:"payment_status"`
	CustomerID    string    `json:"customer_id"`
	Lines         int       `json:"lines"`
	Total         Money     `json:"total"`
	Reason        string    `json:"reason,omitempty"`
	StuckSteps    []string  `json:"stuck_steps,omitempty"`
	Holds         []string  `json:"holds,omitempty"`
	PlacedAt      time.Time `json:"placed_at,omitzero"`
	SettledAt     time.Time `json:"settled_at,omitzero"`
	Version       int64     `json:"version"`
	// Highlights are as in FoundProduct.
	Highlights map[string]string `json:"highlights,omitempty"`
}

// FoundOrders is a page of orders that were found.
type FoundOrders struct {
	Orders  []FoundOrder `json:"orders"`
	Total   int64        `json:"total"` // on all pages
	Facets  []Facet      `json:"facets"`
	Similar bool         `json:"similar"`               // as of FoundProducts
	Next    string       `json:"next_cursor,omitempty"` // "" on the last page
}

// SearchOrders finds orders, for operators. They follow changes with a short delay.
func (c *Client) SearchOrders(ctx context.Context, search OrderSearch, page PageRequest) (*FoundOrders, error) {
	query := page.query()
	set(query, "q", search.Text)
	set(query, "number", search.Number)
	set(query, "reference", search.Reference)
	set(query, "customer", search.Customer)
	set(query, "email", search.Email)
	set(query, "sku", search.SKU)
	set(query, "status", search.Status)
	set(query, "payment_status", search.PaymentStatus)
	set(query, "reason", search.Reason)
	set(query, "hold", search.Hold)
	set(query, "currency", search.Currency)
	set(query, "sort", search.Sort)
	if search.Stuck != nil {
		set(query, "stuck", strconv.FormatBool(*search.Stuck))
	}
	setNumber(query, "min_total", search.MinTotal)
	setNumber(query, "max_total", search.MaxTotal)
	setTime(query, "placed_from", search.PlacedFrom)
	setTime(query, "placed_before", search.PlacedBefore)
	return ask[FoundOrders](ctx, c, call{service: orders, path: "/v1/orders/search", query: query})
}

// setNumber skips 0.
func setNumber(query url.Values, name string, n int64) {
	if n != 0 {
		query.Set(name, strconv.FormatInt(n, 10))
	}
}

// setTime skips the zero time.
func setTime(query url.Values, name string, at time.Time) {
	if !at.IsZero() {
		query.Set(name, at.UTC().Format(time.RFC3339Nano))
	}
}

// RebuildProductSearch begins to make the index of products anew, while it is searched. When that
// has begun already it goes on.
func (c *Client) RebuildProductSearch(ctx context.Context) (*Rebuild, error) {
	return c.rebuild(ctx, http.MethodPost, catalog, "search")
}

// ProductSearchRebuild returns how far the newest index of products is.
func (c *Client) ProductSearchRebuild(ctx context.Context) (*Rebuild, error) {
	return c.rebuild(ctx, http.MethodGet, catalog, "search")
}

// RebuildOrderSearch begins to make the index of orders anew, while it is searched. When that has
// begun already it goes on.
func (c *Client) RebuildOrderSearch(ctx context.Context) (*Rebuild, error) {
	return c.rebuild(ctx, http.MethodPost, orders, "search")
}

// OrderSearchRebuild returns how far the newest index of orders is.
func (c *Client) OrderSearchRebuild(ctx context.Context) (*Rebuild, error) {
	return c.rebuild(ctx, http.MethodGet, orders, "search")
}
