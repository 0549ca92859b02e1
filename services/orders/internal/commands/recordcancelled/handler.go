// Package recordcancelled ends placing because it was cancelled, after everything was undone.
package recordcancelled

import (
	"context"

	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/orders/internal/contract"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

type (
	// Command is the request.
	Command = *ordersv1.RecordCancelledRequest
	// Result is the answer.
	Result = *ordersv1.RecordCancelledResponse
)

// New makes the use case.
func New(orders *store.Orders) cqrs.Handler[Command, Result] {
	return cqrs.Command("record_cancelled", func(ctx context.Context, req Command) (Result, error) {
		direction, err := contract.RecordUndone(ctx, orders, req.GetSaga(), req.GetWhy(), req.GetFacts(), (*domain.Order).Cancel)
		if err != nil {
			return nil, err
		}
		return &ordersv1.RecordCancelledResponse{Direction: direction}, nil
	})
}
