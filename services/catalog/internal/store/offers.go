package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
)

// Offers answers what the products cost now, in one statement however many SKUs. A price whose time
// has come counts from that time on, also while it is not in the product's row yet. A SKU that no
// product has is not in the answer.
func Offers(ctx context.Context, q postgres.Querier, skus []string) (map[string]domain.Offer, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT sku, name, coalesce(
			(SELECT amount FROM prices WHERE prices.sku = products.sku AND pending AND valid_from <= statement_timestamp()
			 ORDER BY valid_from DESC LIMIT 1), price_amount), currency, active, category_paths
		FROM products WHERE sku = ANY($1)`, skus)
	if err != nil {
		return nil, fmt.Errorf("read the prices of %d SKUs: %w", len(skus), err)
	}
	defer rows.Close()
	offers := make(map[string]domain.Offer, len(skus))
	for rows.Next() {
		var offer domain.Offer
		var amount int64
		var currency string
		var categories []byte
		if err := rows.Scan(&offer.SKU, &offer.Name, &amount, &currency, &offer.Active, &categories); err != nil {
			return nil, fmt.Errorf("read the prices of %d SKUs: %w", len(skus), err)
		}
		if offer.Price, err = domain.NewMoney(amount, currency); err != nil {
			return nil, fmt.Errorf("price of %s: %w", offer.SKU, err)
		}
		if err := json.Unmarshal(categories, &offer.Categories); err != nil {
			return nil, fmt.Errorf("categories of %s: %w", offer.SKU, err)
		}
		offers[offer.SKU] = offer
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the prices of %d SKUs: %w", len(skus), err)
	}
	return offers, nil
}
