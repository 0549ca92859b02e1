// Package recordconfirmed is the pivot of placing: it confirms the order and records the facts of
// the earlier steps in one append.
package recordconfirmed

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
	Command = *ordersv1.RecordConfirmedRequest
	// Result is the answer.
	Result = *ordersv1.RecordConfirmedResponse
)

// New makes the use case.
func New(orders *store.Orders) cqrs.Handler[Command, Result] {
	return cqrs.Command("record_confirmed", func(ctx context.Context, req Command) (Result, error) {
		if err := contract.CheckPlacing(req.GetSaga()); err != nil {
			return nil, err
		}
		done, err := contract.Done(req.GetFacts())
		if err != nil {
			return nil, err
		}
		var direction domain.Direction
		err = orders.Update(ctx, req.GetSaga().GetOrderId(), func(o *domain.Order) (err error) {
			direction, err = o.Confirm(done, time.Now().UTC())
			return err
		})
		if err != nil {
			return nil, contract.Invalid(err)
		}
		return &ordersv1.RecordConfirmedResponse{Direction: contract.DirectionMessage(direction)}, nil
	})
}
