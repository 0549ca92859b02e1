package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/client"
)

// life measures an order from its request to its refund: placed, shipped in two shipments, each with
// its capture, and an amount given back.
func (s *system) life() *Case {
	return &Case{
		Part: Life, Name: "whole life", Callers: reading, Lines: 2,
		do: func(ctx context.Context, caller, n int) (time.Duration, error) {
			placed, err := s.buyers.order(ctx, Who{Shopper: shopper(caller)}, newOrder(n, 2))
			if err != nil {
				return 0, err
			}
			for _, line := range placed.Lines {
				shipment, err := s.buyers.operator.ShipOrder(ctx, placed.ID, client.NewShipment{
					ETag: "*", Wait: client.MaxWait, Lines: []client.LineUnits{{Line: line.Number, Quantity: line.Quantity}},
				})
				if err != nil {
					return 0, fmt.Errorf("ship line %d of order %s: %w", line.Number, placed.ID, err)
				}
				if shipment.Status != "shipped" {
					return 0, fmt.Errorf("shipment %s of order %s is %s and not shipped within the wait", shipment.ID, placed.ID, shipment.Status)
				}
			}
			refund, err := s.buyers.operator.RefundOrder(ctx, placed.ID, client.NewRefund{
				ETag: "*", Wait: client.MaxWait, Amount: &client.Money{Amount: 50, Currency: currency}, Reason: "goodwill",
			})
			if err != nil {
				return 0, fmt.Errorf("refund order %s: %w", placed.ID, err)
			}
			if refund.Status != "done" {
				return 0, fmt.Errorf("refund %s of order %s is %s and not done within the wait", refund.ID, placed.ID, refund.Status)
			}
			return 0, nil
		},
	}
}
