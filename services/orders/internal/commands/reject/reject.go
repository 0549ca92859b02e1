// Package reject settles an order with the reason it was refused for, after its
// saga undid everything.
package reject

import (
	"context"
	"encoding/json"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/facts"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

type (
	request  = *ordersv1.RejectRequest
	response = *ordersv1.RejectResponse
)

// Rejecter serves OrdersService.Reject.
type Rejecter struct {
	handler cqrs.Handler[request, response]
}

// New makes the use case.
func New(orders *store.Orders) Rejecter {
	return Rejecter{cqrs.Command("reject_order", cqrs.HandlerFunc[request, response](
		func(ctx context.Context, req request) (response, error) {
			if len(req.GetDetails()) > 0 && !json.Valid(req.GetDetails()) {
				return nil, status.Error(codes.InvalidArgument, "details: not JSON")
			}
			why := domain.Refused{Reason: req.GetReason(), Message: req.GetMessage(), Details: req.GetDetails()}
			done := domain.Done{Stock: facts.Stock(req.GetStockReserved()), Payment: facts.Payment(req.GetPaymentAuthorized())}
			err := orders.Update(ctx, req.GetOrderId(), func(o *domain.Order) error {
				return o.Reject(why, done, time.Now().UTC())
			})
			return &ordersv1.RejectResponse{}, err
		}))}
}

// Reject is the method of OrdersService.
func (r Rejecter) Reject(ctx context.Context, req request) (response, error) {
	return r.handler.Handle(ctx, req)
}
