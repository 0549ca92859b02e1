// Package recordrejected ends placing with the reason of the rejection, after everything was
// undone.
package recordrejected

import (
	"context"
	"time"

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
		if err := contract.CheckPlacing(req.GetSaga()); err != nil {
			return nil, err
		}
		why, err := contract.Refused(req.GetWhy())
		if err != nil {
			return nil, err
		}
		done, err := contract.Done(req.GetFacts())
		if err != nil {
			return nil, err
		}
		var direction domain.Direction
		err = orders.Update(ctx, req.GetSaga().GetOrderId(), func(o *domain.Order) error {
			direction = o.Reject(why, done, time.Now().UTC())
			return nil
		})
		if err != nil {
			return nil, err
		}
		return &ordersv1.RecordRejectedResponse{Direction: contract.DirectionMessage(direction)}, nil
	})
}
