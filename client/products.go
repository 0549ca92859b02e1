package client

import (
	"context"
	"iter"
	"net/http"
	"time"
)

// NewProduct is a product to put on sale.
type NewProduct struct {
	SKU         string `json:"sku"` // 1 to 64 letters, digits, dots, dashes and underscores
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	// Categories are ids, at most 100; Images are at most 20, in the order in which they are shown.
	Categories []string `json:"categories,omitempty"`
	Images     []Image  `json:"images,omitempty"`
	Price      Money    `json:"price"` // of one
}

// Image shows a product.
type Image struct {
	URL string `json:"url"` // https
	Alt string `json:"alt"` // what it shows, in words
}

// ProductDetails are what a product is called and how it is shown.
type ProductDetails struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	// Categories and Images stay as they are when they are nil.
	Categories []string `json:"categories,omitzero"`
	Images     []Image  `json:"images,omitzero"`
}

// Product is a product as shoppers see it.
type Product struct {
	SKU         string   `json:"sku"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Categories  []string `json:"categories"` // ids
	// CategoryPaths has for each category the ids from the root of the tree to it: "home/kitchen/mugs".
	CategoryPaths []string  `json:"category_paths"`
	Images        []Image   `json:"images"` // in the order in which they are shown
	Price         Money     `json:"price"`
	Active        bool      `json:"active"`  // for sale; false when it is retired
	Version       int64     `json:"version"` // one more with each change of the product, not of its stock
	CreatedAt     time.Time `json:"created_at"`
	// Stock is nil until the catalog has the stock of the SKU, and in answers to changes.
	Stock *ProductStock `json:"stock,omitempty"`
	// ETag of this version, for ChangeProduct; "" in lists.
	ETag string `json:"-"`
}

// ProductStock is the number of units that can be ordered.
type ProductStock struct {
	Available int64 `json:"available"`
}

func (p *Product) tag(etag string) { p.ETag = etag }

// CreateProduct creates a product. When the same product exists already it is returned and created
// is false; when the SKU belongs to another product the error is a *Refused with ProductExists.
func (c *Client) CreateProduct(ctx context.Context, product NewProduct) (made *Product, created bool, err error) {
	return create[Product](ctx, c, "/v1/products", product)
}

// create asks the catalog to create something that may be there already.
func create[T any](ctx context.Context, c *Client, path string, body any) (made *T, created bool, err error) {
	made, got, err := answerTo[T](ctx, c, call{service: catalog, method: http.MethodPost, path: path, body: body})
	return made, err == nil && got.status == http.StatusCreated, err
}

// Outcomes of CreateProducts.
const (
	Created   = "created"
	Unchanged = "unchanged" // the same product exists already
	Conflict  = "conflict"  // the SKU belongs to another product, which was not changed
)

// ProductOutcome is the outcome of one of many products.
type ProductOutcome struct {
	SKU     string `json:"sku"`
	Outcome string `json:"outcome"`
}

// CreateProducts creates up to 1,000 products, in their order. None is created when one of them is
// invalid.
func (c *Client) CreateProducts(ctx context.Context, products []NewProduct) ([]ProductOutcome, error) {
	page, err := list[ProductOutcome](ctx, c, "products", call{
		service: catalog, method: http.MethodPost, path: "/v1/products/bulk", body: map[string]any{"products": products},
	})
	return page.Items, err
}

// ChangeProduct replaces the details of a product; ChangePrice, RetireProduct and RestoreProduct change
// the rest. The etag is that of the product that was read: when it has changed since, the error is a
// *Problem with status 412.
func (c *Client) ChangeProduct(ctx context.Context, sku, etag string, details ProductDetails) (*Product, error) {
	return ask[Product](ctx, c, call{
		service: catalog, method: http.MethodPut, path: v1("products", sku),
		etag: etag, body: details,
	})
}

// Product returns one product with its stock. It follows changes with a short delay.
func (c *Client) Product(ctx context.Context, sku string) (*Product, error) {
	return ask[Product](ctx, c, call{service: catalog, path: v1("products", sku)})
}

// Products lists all products, the one that was created last first.
func (c *Client) Products(ctx context.Context) iter.Seq2[Product, error] {
	return all(func(page PageRequest) (Page[Product], error) { return c.ProductPage(ctx, page) }, PageRequest{Limit: 200})
}

// ProductPage returns one page of Products.
func (c *Client) ProductPage(ctx context.Context, page PageRequest) (Page[Product], error) {
	return list[Product](ctx, c, "products", call{service: catalog, path: "/v1/products", query: page.query()})
}

// ProductPrice is a price of a product, with the time from which it holds until the next one's.
type ProductPrice struct {
	Money
	From      time.Time `json:"from"`
	Scheduled bool      `json:"scheduled"` // its time has yet to come
}

// ChangePrice gives a product another price in its currency: from now on or, when from is not zero,
// from that time on, at most five years ahead. The etag is that of the product which was seen.
func (c *Client) ChangePrice(ctx context.Context, sku, etag string, price Money, from time.Time) (*ProductPrice, error) {
	body := struct {
		Money
		From time.Time `json:"from,omitzero"`
	}{price, from}
	return ask[ProductPrice](ctx, c, call{
		service: catalog, method: http.MethodPost, path: v1("products", sku, "prices"),
		etag: etag, body: body,
	})
}

// WithdrawPrice takes back the price that a product would have from a time in the future on. Its error
// is a *Problem with status 404 when none is scheduled for that time.
func (c *Client) WithdrawPrice(ctx context.Context, sku string, from time.Time) error {
	path := v1("products", sku, "prices", from.UTC().Format(time.RFC3339Nano))
	_, err := c.do(ctx, call{service: catalog, method: http.MethodDelete, path: path}, nil)
	return err
}

// ProductPrices are the prices that a product has had, has and will have, the latest first.
func (c *Client) ProductPrices(ctx context.Context, sku string, page PageRequest) (Page[ProductPrice], error) {
	return list[ProductPrice](ctx, c, "prices", call{service: catalog, path: v1("products", sku, "prices"), query: page.query()})
}

// RetireProduct takes a product off sale; the etag is that of the product which was seen.
func (c *Client) RetireProduct(ctx context.Context, sku, etag string) (*Product, error) {
	return c.retirement(ctx, http.MethodPost, sku, etag)
}

// RestoreProduct puts a retired product on sale again; the etag is that of the product which was seen.
func (c *Client) RestoreProduct(ctx context.Context, sku, etag string) (*Product, error) {
	return c.retirement(ctx, http.MethodDelete, sku, etag)
}

func (c *Client) retirement(ctx context.Context, method, sku, etag string) (*Product, error) {
	return ask[Product](ctx, c, call{
		service: catalog, method: method, path: v1("products", sku, "retirement"),
		etag: etag,
	})
}

// Availability says whether a product can be ordered.
type Availability struct {
	SKU       string `json:"sku"`
	Orderable bool   `json:"orderable"` // it is for sale and there are units of it
	Active    bool   `json:"active"`
	Available int64  `json:"available"` // units, as inventory last told
}

// Availability says whether a product can be ordered. It follows changes within moments.
func (c *Client) Availability(ctx context.Context, sku string) (*Availability, error) {
	return ask[Availability](ctx, c, call{service: catalog, path: v1("products", sku, "availability")})
}
