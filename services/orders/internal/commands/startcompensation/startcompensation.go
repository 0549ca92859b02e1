// Package startcompensation turns a saga back: before it undoes anything the order
// is closed to its pivot.
package startcompensation

import (
	"context"
	"encoding/json"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

type (
	request  = *ordersv1.StartCompensationRequest
	response = *ordersv1.StartCompensationResponse
)

// Compensator serves OrdersService.StartCompensation.
type Compensator struct {
	handler cqrs.Handler[request, response]
}

// New makes the use case.
func New(orders *store.Orders) Compensator {
	return Compensator{cqrs.Command("start_compensation", cqrs.HandlerFunc[request, response](
		func(ctx context.Context, req request) (response, error) {
			if len(req.GetDetails()) > 0 && !json.Valid(req.GetDetails()) {
				return nil, status.Error(codes.InvalidArgument, "details: not JSON")
			}
			why := domain.Refused{Reason: req.GetReason(), Message: req.GetMessage(), Details: req.GetDetails()}
			return &ordersv1.StartCompensationResponse{}, orders.Update(ctx, req.GetOrderId(), func(o *domain.Order) error {
				return o.StartCompensation(why, time.Now().UTC())
			})
		}))}
}

// StartCompensation is the method of OrdersService.
func (c Compensator) StartCompensation(ctx context.Context, req request) (response, error) {
	return c.handler.Handle(ctx, req)
}
