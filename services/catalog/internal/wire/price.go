package wire

import (
	"time"

	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
)

// ProductPrice is a price of a product, with the time from which it holds.
type ProductPrice struct {
	Price
	From time.Time `json:"from" doc:"It holds from this time on, until the next price's." example:"2026-12-01T00:00:00Z"`
	// Scheduled is told apart from prices that hold or have held.
	Scheduled bool `json:"scheduled" doc:"Whether its time has yet to come: it can be withdrawn."`
}

// PriceOf shows a price in a currency.
func PriceOf(p domain.PriceFrom, currency string, scheduled bool) ProductPrice {
	return ProductPrice{Price: Price{Amount: p.Amount, Currency: currency}, From: p.From.UTC(), Scheduled: scheduled}
}
