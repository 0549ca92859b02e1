// Package recorddone ends a saga on a confirmed order after all its steps are done.
package recorddone

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
	Command = *ordersv1.RecordDoneRequest
	// Result is the answer.
	Result = *ordersv1.RecordDoneResponse
)

// New makes the use case. It fails with INVALID_ARGUMENT when the facts are not those of the saga.
func New(orders *store.Orders) cqrs.Handler[Command, Result] {
	return cqrs.Command("record_done", func(ctx context.Context, req Command) (Result, error) {
		done, err := contract.Done(req.GetFacts())
		if err != nil {
			return nil, err
		}
		var direction domain.Direction
		err = orders.Update(ctx, req.GetSaga().GetOrderId(), func(o *domain.Order) (err error) {
			direction, err = o.End(contract.Saga(req.GetSaga()), done, time.Now().UTC())
			return contract.Invalid(err)
		})
		if err != nil {
			return nil, err
		}
		return &ordersv1.RecordDoneResponse{Direction: contract.DirectionMessage(direction)}, nil
	})
}
