package verify

import (
	"context"
	"strings"
	"time"
)

// checkStock is I1. The service adds up as of one moment, so that one look is
// enough.
func (v invariants) checkStock(ctx context.Context, ask Ask, _ time.Time) error {
	var stock struct {
		SKUs             int64 `json:"skus"`
		OnHand           int64 `json:"on_hand"`
		Reserved         int64 `json:"reserved"`
		LiveReservations int64 `json:"live_reservations"`
		Movements        int64 `json:"movements"`
		Wrong            int   `json:"wrong"`
		Offenders        []struct {
			SKU      string   `json:"sku"`
			Problems []string `json:"problems"`
		} `json:"offenders"`
	}
	if err := ask(ctx, inventory, "/v1/audit/stock", nil, &stock); err != nil {
		return err
	}
	v.stock.figure("SKUs", stock.SKUs)
	v.stock.figure("units on hand", stock.OnHand)
	v.stock.figure("reserved", stock.Reserved)
	v.stock.figure("live reservations", stock.LiveReservations)
	v.stock.figure("movements", stock.Movements)
	for _, offender := range stock.Offenders {
		v.stock.violated("SKU "+offender.SKU, strings.Join(offender.Problems, "; "))
	}
	v.stock.Violations = stock.Wrong
	return nil
}
