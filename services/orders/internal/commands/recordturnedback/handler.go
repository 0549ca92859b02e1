// Package recordturnedback turns a saga back: before anything is undone, the order refuses its
// pivot.
package recordturnedback

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
	Command = *ordersv1.RecordTurnedBackRequest
	// Result is the answer.
	Result = *ordersv1.RecordTurnedBackResponse
)

// New makes the use case.
func New(orders *store.Orders) cqrs.Handler[Command, Result] {
	return cqrs.Command("record_turned_back", func(ctx context.Context, req Command) (Result, error) {
		why, err := contract.Refused(req.GetWhy())
		if err != nil {
			return nil, err
		}
		var direction domain.Direction
		err = orders.Update(ctx, req.GetSaga().GetOrderId(), func(o *domain.Order) error {
			direction = o.TurnBack(contract.Saga(req.GetSaga()), why, time.Now().UTC())
			return nil
		})
		if err != nil {
			return nil, err
		}
		return &ordersv1.RecordTurnedBackResponse{Direction: contract.DirectionMessage(direction)}, nil
	})
}
