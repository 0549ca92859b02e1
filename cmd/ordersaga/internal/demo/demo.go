// Package demo has the products of a small tea and stationery shop, for the first orders.
package demo

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"

	"github.com/ordersaga/ordersaga/client"
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

// Load creates the products and their stock, as an operator. A repetition changes nothing.
func Load(ctx context.Context, c *client.Client) (count int, err error) {
	products, err := Products()
	if err != nil {
		return 0, err
	}
	var described []client.NewProduct
	// With this key a repeated request is the same delivery.
	delivery := client.Delivery{Key: "demo-catalog-1"}
	for _, p := range products {
		described = append(described, client.NewProduct{
			SKU: p.SKU, Name: p.Name, Description: p.Description, Price: client.Money{Amount: p.Price, Currency: Currency},
		})
		delivery.Lines = append(delivery.Lines, client.NewLine{SKU: p.SKU, Quantity: p.Stock})
	}
	if _, err := c.CreateProducts(ctx, described); err != nil {
		return 0, fmt.Errorf("create the demo products: %w", err)
	}
	if _, err := c.ReceiveStock(ctx, delivery); err != nil {
		return 0, fmt.Errorf("receive the demo stock: %w", err)
	}
	return len(products), nil
}
