// Package quotes gets the prices of an order from the catalog.
package quotes

import (
	"context"
	"fmt"
	"time"

	catalogv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/catalog/v1"
	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
)

// timeout of one quote.
const timeout = 5 * time.Second

// Wanted is a quantity of a product.
type Wanted struct {
	SKU      string
	Quantity int64
}

// Quote is the current price of an order.
type Quote struct {
	Lines       []domain.Line // in the order they were asked for
	Adjustments []domain.Adjustment
	Total       domain.Money
}

// Catalog quotes prices.
type Catalog struct {
	client catalogv1.CatalogServiceClient
}

// New makes a Catalog from its gRPC client.
func New(client catalogv1.CatalogServiceClient) *Catalog { return &Catalog{client: client} }

// Quote prices lines in one call, within 5 s. It refuses with unknown_product, currency_mismatch
// and total_too_large.
func (c *Catalog) Quote(ctx context.Context, currency string, wanted []Wanted) (Quote, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	request := &catalogv1.QuotePricesRequest{Currency: currency, Lines: make([]*commonv1.Line, len(wanted))}
	for i, line := range wanted {
		request.Lines[i] = &commonv1.Line{Number: int32(i + 1), Sku: line.SKU, Quantity: line.Quantity}
	}
	answer, err := c.client.QuotePrices(ctx, request)
	if err != nil {
		return Quote{}, fmt.Errorf("quote %d lines: %w", len(wanted), err)
	}
	quote := Quote{
		Lines: make([]domain.Line, len(answer.GetLines())),
		Total: domain.Money{Amount: answer.GetTotal().GetAmount(), Currency: answer.GetTotal().GetCurrency()},
	}
	for i, line := range answer.GetLines() {
		quote.Lines[i] = domain.Line{Number: int32(i + 1), SKU: line.GetSku(), Name: line.GetName(), UnitPrice: line.GetUnitPrice(), Quantity: line.GetQuantity()}
	}
	for _, adjustment := range answer.GetAdjustments() {
		quote.Adjustments = append(quote.Adjustments, domain.Adjustment{
			Kind: adjustment.GetKind(), Amount: adjustment.GetAmount(), OfLines: adjustment.GetOfLines(), OfShipping: adjustment.GetOfShipping(),
		})
	}
	return quote, quote.answers(currency, wanted)
}

// answers checks that the quote matches the request: a wrong one must fail before the order is
// recorded.
func (q Quote) answers(currency string, wanted []Wanted) error {
	total, err := domain.Total(q.Lines, q.Adjustments, currency)
	if err != nil {
		return fmt.Errorf("the catalog's quote: %w", err)
	}
	if total != q.Total {
		return fmt.Errorf("the catalog's quote: %w: %s, not %s", domain.ErrTotal, total, q.Total)
	}
	if len(q.Lines) != len(wanted) {
		return fmt.Errorf("the catalog's quote has %d lines for %d", len(q.Lines), len(wanted))
	}
	for i, line := range q.Lines {
		if line.SKU != wanted[i].SKU || line.Quantity != wanted[i].Quantity {
			return fmt.Errorf("the catalog's quote has %d of %q on line %d, not %d of %q", line.Quantity, line.SKU, i+1, wanted[i].Quantity, wanted[i].SKU)
		}
	}
	return nil
}
