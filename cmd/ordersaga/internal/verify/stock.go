package verify

import (
	"context"
	"strings"
	"time"

	"github.com/ordersaga/ordersaga/client"
)

// checkStock checks I1. The service adds up at one point in time, so one read is enough.
func (v invariants) checkStock(ctx context.Context, c *client.Client, _ time.Time) error {
	stock, err := c.AuditStock(ctx)
	if err != nil {
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
	v.stock.Violations = int(stock.Wrong)
	return nil
}
