// Package listunsettled names the orders that a saga should be working on.
package listunsettled

import (
	"context"
	"strconv"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/orders/internal/unsettled"
)

type (
	request  = *ordersv1.ListUnsettledRequest
	response = *ordersv1.ListUnsettledResponse
)

// Lister serves OrdersService.ListUnsettled.
type Lister struct {
	handler cqrs.Handler[request, response]
}

// New makes the use case.
func New(orders *unsettled.Orders) Lister {
	return Lister{cqrs.Query("list_unsettled", cqrs.HandlerFunc[request, response](
		func(ctx context.Context, req request) (response, error) {
			var after int64
			if req.GetAfter() != "" {
				var err error
				if after, err = strconv.ParseInt(req.GetAfter(), 10, 64); err != nil {
					return nil, status.Error(codes.InvalidArgument, "after: not what an earlier answer ended with")
				}
			}
			found, err := orders.List(ctx, req.GetOlderThan().AsDuration(), after, int(req.GetLimit()))
			if err != nil {
				return nil, err
			}
			answer := &ordersv1.ListUnsettledResponse{}
			for _, order := range found {
				answer.Orders = append(answer.Orders, &ordersv1.UnsettledOrder{
					OrderId: order.ID, CustomerId: order.CustomerID, PlacedAt: timestamppb.New(order.PlacedAt),
				})
			}
			if len(found) == int(req.GetLimit()) {
				answer.Next = strconv.FormatInt(found[len(found)-1].Position, 10)
			}
			return answer, nil
		}))}
}

// ListUnsettled is the method of OrdersService.
func (l Lister) ListUnsettled(ctx context.Context, req request) (response, error) {
	return l.handler.Handle(ctx, req)
}
