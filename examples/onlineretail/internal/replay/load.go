package replay

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/ordersaga/ordersaga/examples/onlineretail/internal/api"
	"github.com/ordersaga/ordersaga/examples/onlineretail/internal/invoices"
)

// portion is the number of items in a bulk request.
const portion = 1000

// Operator creates products and receives stock.
var Operator = api.Caller{Subject: "online-retail-operator", Operator: true}

// Products counts the outcomes of creating products.
type Products struct {
	Created   int `json:"created"`
	Unchanged int `json:"unchanged"` // were there, the very same
	// Conflicts exist with another name or price, which do not change: orders have that price.
	Conflicts int `json:"conflicts"`
}

// Products creates the products that do not exist yet.
func (s *Shop) Products(ctx context.Context, products []invoices.Product) (counted Products, err error) {
	for some := range slices.Chunk(products, portion) {
		if err := s.createProducts(ctx, some, &counted); err != nil {
			return counted, fmt.Errorf("create %d products from %s on: %w", len(some), some[0].SKU, err)
		}
	}
	return counted, nil
}

func (s *Shop) createProducts(ctx context.Context, products []invoices.Product, counted *Products) error {
	ctx, cancel := s.patiently(ctx)
	defer cancel()
	type product struct {
		SKU   string `json:"sku"`
		Name  string `json:"name"`
		Price Money  `json:"price"`
	}
	var body struct {
		Products []product `json:"products"`
	}
	for _, p := range products {
		body.Products = append(body.Products, product{p.SKU, p.Name, Money{p.Price, invoices.Currency}})
	}
	answer, err := s.Client.Do(ctx, api.Request{Method: http.MethodPost, URL: s.Catalog + "/v1/products/bulk", As: Operator, Body: body})
	if err != nil {
		return err
	}
	var result struct {
		Products []struct {
			Outcome string `json:"outcome"`
		} `json:"products"`
	}
	if err := answer.Decode(&result); err != nil {
		return err
	}
	for _, p := range result.Products {
		switch p.Outcome {
		case "created":
			counted.Created++
		case "unchanged":
			counted.Unchanged++
		default:
			counted.Conflicts++
		}
	}
	return nil
}

// Stock counts the received units.
type Stock struct {
	Received        int64 `json:"received"`         // units that came now
	ReceivedEarlier int64 `json:"received_earlier"` // units of deliveries that an earlier run brought
}

// Receive receives the lines as stock, once for each factor, run and content: a second replay with
// the same values adds nothing.
func (s *Shop) Receive(ctx context.Context, factor invoices.Factor, lines []invoices.Line) (counted Stock, err error) {
	content, err := json.Marshal(lines)
	if err != nil {
		return Stock{}, fmt.Errorf("write the deliveries: %w", err)
	}
	digest := sha256.Sum256(content)
	delivery := s.key(fmt.Sprintf("stock-%s-%s", factor, hex.EncodeToString(digest[:8])))
	number := 0
	for some := range slices.Chunk(lines, portion) {
		number++
		key := fmt.Sprintf("%s-%d", delivery, number)
		earlier, err := s.receive(ctx, key, some)
		if err != nil {
			return counted, fmt.Errorf("receive delivery %s of %d SKUs: %w", key, len(some), err)
		}
		for _, line := range some {
			if earlier {
				counted.ReceivedEarlier += line.Quantity
			} else {
				counted.Received += line.Quantity
			}
		}
	}
	return counted, nil
}

func (s *Shop) receive(ctx context.Context, key string, lines []invoices.Line) (earlier bool, err error) {
	ctx, cancel := s.patiently(ctx)
	defer cancel()
	answer, err := s.Client.Do(ctx, api.Request{
		Method: http.MethodPost, URL: s.Inventory + "/v1/stock/receipts", As: Operator, Key: key,
		Body: map[string]any{"lines": lines},
	})
	if err != nil {
		return false, err
	}
	// When the answer to the first try was lost, the second try is answered as a repetition,
	// although this run made the delivery.
	return answer.Replayed() && answer.Attempts == 1, answer.Decode(&struct{}{})
}
