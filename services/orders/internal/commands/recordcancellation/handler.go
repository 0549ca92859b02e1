// Package recordcancellation ends the saga that cancels a confirmed order or units of it.
package recordcancellation

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
	Command = *ordersv1.RecordCancellationRequest
	// Result is the answer.
	Result = *ordersv1.RecordCancellationResponse
)

// New makes the use case.
func New(orders *store.Orders) cqrs.Handler[Command, Result] {
	return cqrs.Command("record_cancellation", func(ctx context.Context, req Command) (Result, error) {
		done, err := contract.Done(req.GetFacts())
		if err != nil {
			return nil, err
		}
		var direction domain.Direction
		err = orders.Update(ctx, req.GetSaga().GetOrderId(), func(o *domain.Order) (err error) {
			direction, err = o.EndCancel(contract.Saga(req.GetSaga()), done, time.Now().UTC())
			return err
		})
		if err != nil {
			return nil, err
		}
		return &ordersv1.RecordCancellationResponse{Direction: contract.DirectionMessage(direction)}, nil
	})
}
