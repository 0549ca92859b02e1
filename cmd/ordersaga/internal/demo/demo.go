// Package demo is the catalog of a small tea and stationery shop, so that the
// first order has something to ask for.
package demo

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/shop"
)

// Products the examples of the printed table use.
const (
	// Plenty is in stock by the thousand.
	Plenty = "TEA-SENCHA-100"
	// Other is, too.
	Other = "NOTE-A5-DOT"
	// Scarce is in stock three times.
	Scarce = "PEN-URUSHI"
	// Currency of all prices.
	Currency = "GBP"
)

//go:embed products.json
var content []byte

// Product of the demo shop.
type Product struct {
	SKU         string `json:"sku"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Price       int64  `json:"price"` // pence
	Stock       int64  `json:"stock"` // units
}

// Products of the demo shop.
func Products() ([]Product, error) {
	var products []Product
	if err := json.Unmarshal(content, &products); err != nil {
		return nil, fmt.Errorf("read the demo catalog: %w", err)
	}
	return products, nil
}

// Load brings the products and their stock into the shop, with an operator's
// token. Doing it again changes nothing.
func Load(ctx context.Context, catalogURL, inventoryURL, token string) (count int, err error) {
	products, err := Products()
	if err != nil {
		return 0, err
	}
	if err := create(ctx, catalogURL, token, products); err != nil {
		return 0, fmt.Errorf("create the demo products: %w", err)
	}
	if err := receive(ctx, inventoryURL, token, products); err != nil {
		return 0, fmt.Errorf("receive the demo stock: %w", err)
	}
	return len(products), nil
}

type money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

func create(ctx context.Context, catalogURL, token string, products []Product) error {
	type product struct {
		SKU         string `json:"sku"`
		Name        string `json:"name"`
		Description string `json:"description"`
		Price       money  `json:"price"`
	}
	var body struct {
		Products []product `json:"products"`
	}
	for _, p := range products {
		body.Products = append(body.Products, product{p.SKU, p.Name, p.Description, money{p.Price, Currency}})
	}
	_, err := shop.Do(ctx, shop.Request{
		Method: http.MethodPost, URL: catalogURL, Path: "/v1/products/bulk", Token: token, Body: body,
	})
	return err
}

func receive(ctx context.Context, inventoryURL, token string, products []Product) error {
	type line struct {
		SKU      string `json:"sku"`
		Quantity int64  `json:"quantity"`
	}
	var body struct {
		Lines []line `json:"lines"`
	}
	for _, p := range products {
		body.Lines = append(body.Lines, line{p.SKU, p.Stock})
	}
	_, err := shop.Do(ctx, shop.Request{
		Method: http.MethodPost, URL: inventoryURL, Path: "/v1/stock/receipts", Token: token,
		// The key makes it one delivery, however often it is sent.
		IdempotencyKey: "demo-catalog-1", Body: body,
	})
	return err
}
