// Package recordplaced opens the order's stream, unless it is open, and its first saga.
package recordplaced

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/orders/internal/contract"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

type (
	// Command is the request.
	Command = *ordersv1.RecordPlacedRequest
	// Result is the answer.
	Result = *ordersv1.RecordPlacedResponse
)

// New makes the use case.
func New(orders *store.Orders) cqrs.Handler[Command, Result] {
	return cqrs.Command("record_placed", func(ctx context.Context, req Command) (Result, error) {
		if err := check(req); err != nil {
			return nil, err
		}
		placement, at := contract.Placement(req.GetPlacement())
		var direction domain.Direction
		err := orders.Update(ctx, req.GetSaga().GetOrderId(), func(o *domain.Order) (err error) {
			direction, err = o.Place(placement, at)
			return err
		})
		if err != nil {
			return nil, contract.Invalid(err)
		}
		return &ordersv1.RecordPlacedResponse{Direction: contract.DirectionMessage(direction)}, nil
	})
}

func check(req Command) error {
	if err := contract.CheckPlacing(req.GetSaga()); err != nil {
		return err
	}
	if req.GetSaga().GetOrderId() != req.GetPlacement().GetOrderId() {
		return status.Error(codes.InvalidArgument, "placement.order_id: not the saga's order")
	}
	return nil
}
