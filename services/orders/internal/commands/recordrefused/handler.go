// Package recordrefused ends a saga on a confirmed order that turned back.
package recordrefused

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
	Command = *ordersv1.RecordRefusedRequest
	// Result is the answer.
	Result = *ordersv1.RecordRefusedResponse
)

// New makes the use case.
func New(orders *store.Orders) cqrs.Handler[Command, Result] {
	return cqrs.Command("record_refused", func(ctx context.Context, req Command) (Result, error) {
		why, err := contract.Refused(req.GetWhy())
		if err != nil {
			return nil, err
		}
		done, err := contract.Done(req.GetFacts())
		if err != nil {
			return nil, err
		}
		var direction domain.Direction
		err = orders.Update(ctx, req.GetSaga().GetOrderId(), func(o *domain.Order) (err error) {
			direction, err = o.Refuse(contract.Saga(req.GetSaga()), why, done, time.Now().UTC())
			return err
		})
		if err != nil {
			return nil, err
		}
		return &ordersv1.RecordRefusedResponse{Direction: contract.DirectionMessage(direction)}, nil
	})
}
