package quoteprices

import (
	"context"

	catalogv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/catalog/v1"
	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
	"github.com/ordersaga/ordersaga/services/catalog/internal/pricing"
)

// Method serves CatalogService.QuotePrices.
type Method struct {
	handler cqrs.Handler[Query, Result]
}

// NewMethod makes the method.
func NewMethod(db *postgres.DB, policy pricing.Policy) Method { return Method{New(db, policy)} }

// QuotePrices is the method of CatalogService.
func (m Method) QuotePrices(ctx context.Context, request *catalogv1.QuotePricesRequest) (*catalogv1.QuotePricesResponse, error) {
	query := Query{Currency: request.GetCurrency(), Lines: make([]domain.Wanted, len(request.GetLines()))}
	for i, line := range request.GetLines() {
		query.Lines[i] = domain.Wanted{SKU: line.GetSku(), Quantity: line.GetQuantity()}
	}
	quote, err := m.handler.Handle(ctx, query)
	if err != nil {
		return nil, err
	}
	response := &catalogv1.QuotePricesResponse{
		Lines: make([]*catalogv1.PricedLine, len(quote.Lines)),
		Total: &commonv1.Money{Amount: quote.Total.Amount(), Currency: quote.Total.Currency()},
	}
	for i, line := range quote.Lines {
		response.Lines[i] = &catalogv1.PricedLine{Sku: line.SKU, Name: line.Name, UnitPrice: line.UnitPrice, Quantity: line.Quantity}
	}
	for _, adjustment := range quote.Adjustments {
		response.Adjustments = append(response.Adjustments, &catalogv1.Adjustment{
			Kind: adjustment.Kind, Amount: adjustment.Amount, OfLines: adjustment.OfLines, OfShipping: adjustment.OfShipping,
		})
	}
	return response, nil
}
