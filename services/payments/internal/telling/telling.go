// Package telling tells orders what became of their money by itself: a refund that failed after it
// was accepted, an authorization that expired. What a saga asked for it learns from the answer.
package telling

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"google.golang.org/grpc"

	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/services/payments/internal/facts"
	"github.com/ordersaga/ordersaga/services/payments/internal/store"
)

const (
	batch   = 50
	timeout = 5 * time.Second // of a call of orders
	// pauses between two tries to tell an order; other orders are told meanwhile.
	pauses = 10
)

// Orders is told: it is a part of ordersv1.OrdersServiceClient.
type Orders interface {
	RecordPayment(ctx context.Context, request *ordersv1.RecordPaymentRequest, options ...grpc.CallOption) (*ordersv1.RecordPaymentResponse, error)
}

// Tell tells orders what they do not know, until ctx ends. It looks every so often, and tries again
// after ten times that. Several processes may tell at once.
func Tell(ctx context.Context, s *store.Store, orders Orders, every time.Duration) error {
	timer := time.NewTicker(every)
	defer timer.Stop()
	for {
		if err := tell(ctx, s, orders, pauses*every); err != nil && ctx.Err() == nil {
			slog.ErrorContext(ctx, "cannot tell orders what became of their money, will try again", "error", err)
		}
		select {
		case <-timer.C:
		case <-ctx.Done():
			return nil
		}
	}
}

func tell(ctx context.Context, s *store.Store, orders Orders, pause time.Duration) error {
	for {
		untold, err := s.TakeUntold(ctx, batch, pause)
		if err != nil || len(untold) == 0 {
			return err
		}
		for _, order := range untold {
			if err := tellOne(ctx, s, orders, order); err != nil {
				slog.WarnContext(ctx, "an order does not know yet what became of its money", "order_id", order.OrderID, "error", err)
			}
		}
	}
}

func tellOne(ctx context.Context, s *store.Store, orders Orders, untold store.Untold) error {
	payment, err := s.Payment(ctx, untold.OrderID)
	if err != nil {
		return err
	}
	if known := facts.ByThemselves(payment); len(known) > 0 {
		calling, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		if _, err := orders.RecordPayment(calling, &ordersv1.RecordPaymentRequest{OrderId: untold.OrderID, Facts: known}); err != nil {
			return fmt.Errorf("tell order %s: %w", untold.OrderID, err)
		}
	}
	return s.Told(ctx, untold)
}
