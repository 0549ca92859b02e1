// Package quoteprices prices the lines of an order, for the orders service.
package quoteprices

import (
	"context"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
	"github.com/ordersaga/ordersaga/services/catalog/internal/pricing"
	"github.com/ordersaga/ordersaga/services/catalog/internal/store"
)

// Query asks for the prices of lines in one currency. The same SKU may stand on several lines.
type Query struct {
	Lines    []domain.Wanted
	Currency string
}

// Result is the quote: lines in the order of the query's, and what is due.
type Result struct {
	Lines       []domain.Line
	Adjustments []domain.Adjustment
	Total       domain.Money
}

// New makes the use case. It refuses unknown_product, currency_mismatch and total_too_large. It
// reads the prices where they are written, not from the read side: a quote binds the shop, so it
// must not be old.
func New(db *postgres.DB, policy pricing.Policy) cqrs.Handler[Query, Result] {
	return cqrs.Query("quote_prices", cqrs.HandlerFunc[Query, Result](func(ctx context.Context, query Query) (Result, error) {
		offers, err := store.Offers(ctx, db.SQL, skusOf(query.Lines))
		if err != nil {
			return Result{}, err
		}
		basket, err := domain.Price(query.Lines, query.Currency, offers)
		if err != nil {
			return Result{}, err
		}
		adjustments, err := policy.Adjustments(ctx, basket)
		if err != nil {
			return Result{}, err
		}
		total, err := basket.Total(adjustments)
		if err != nil {
			return Result{}, err
		}
		return Result{Lines: basket.Lines(), Adjustments: adjustments, Total: total}, nil
	}))
}

// skusOf is each SKU once. What cannot be a SKU is not looked for: PostgreSQL refuses a text with a
// NUL in it, and it is an unknown product all the same.
func skusOf(lines []domain.Wanted) []string {
	skus := make([]string, 0, len(lines))
	seen := make(map[string]bool, len(lines))
	for _, line := range lines {
		if !seen[line.SKU] && domain.IsSKU(line.SKU) {
			skus = append(skus, line.SKU)
		}
		seen[line.SKU] = true
	}
	return skus
}
