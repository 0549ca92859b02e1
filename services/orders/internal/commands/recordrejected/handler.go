// Package recordrejected ends placing with the reason of the rejection, after everything was
// undone.
package recordrejected

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
	Command = *ordersv1.RecordRejectedRequest
	// Result is the answer.
	Result = *ordersv1.RecordRejectedResponse
)

// New makes the use case.
func New(orders *store.Orders) cqrs.Handler[Command, Result] {
	return cqrs.Command("record_rejected", func(ctx context.Context, req Command) (Result, error) {
		direction, err := contract.RecordUndone(ctx, orders, req.GetSaga(), req.GetWhy(), req.GetFacts(), (*domain.Order).Reject)
		if err != nil {
			return nil, err
		}
		return &ordersv1.RecordRejectedResponse{Direction: direction}, nil
	})
}
