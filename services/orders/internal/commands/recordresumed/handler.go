// Package recordresumed returns the direction and the input of a saga whose run was lost.
package recordresumed

import (
	"context"
	"time"

	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/orders/internal/contract"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

type (
	// Command is the request.
	Command = *ordersv1.RecordResumedRequest
	// Result is the answer.
	Result = *ordersv1.RecordResumedResponse
)

// New makes the use case.
func New(orders *store.Orders) cqrs.Handler[Command, Result] {
	return cqrs.Command("record_resumed", func(ctx context.Context, req Command) (Result, error) {
		var direction domain.Direction
		var placing *ordersv1.PlaceOrderInput
		var cancelling *ordersv1.CancelOrderInput
		err := orders.Update(ctx, req.GetSaga().GetOrderId(), func(o *domain.Order) error {
			direction = o.Resume(contract.Saga(req.GetSaga()), time.Now().UTC())
			if placing = nil; o.Placed() {
				placing = contract.PlaceOrderInput(o)
			}
			cancelling = contract.CancelOrderInput(o)
			return nil
		})
		if err != nil {
			return nil, err
		}
		res := &ordersv1.RecordResumedResponse{Direction: contract.DirectionMessage(direction)}
		switch kind := req.GetSaga().GetKind(); {
		case kind == sagas.KindPlaceOrder && placing != nil:
			res.Input = &ordersv1.RecordResumedResponse_PlaceOrder{PlaceOrder: placing}
		case kind == sagas.KindCancelOrder && cancelling != nil:
			res.Input = &ordersv1.RecordResumedResponse_CancelOrder{CancelOrder: cancelling}
		}
		return res, nil
	})
}
