// Package cancel settles an order whose saga was cancelled before its pivot,
// after the saga undid everything.
package cancel

import (
	"context"
	"time"

	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/facts"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

type (
	request  = *ordersv1.CancelRequest
	response = *ordersv1.CancelResponse
)

// Canceller serves OrdersService.Cancel.
type Canceller struct {
	handler cqrs.Handler[request, response]
}

// New makes the use case.
func New(orders *store.Orders) Canceller {
	return Canceller{cqrs.Command("cancel_order", cqrs.HandlerFunc[request, response](
		func(ctx context.Context, req request) (response, error) {
			done := domain.Done{Stock: facts.Stock(req.GetStockReserved()), Payment: facts.Payment(req.GetPaymentAuthorized())}
			err := orders.Update(ctx, req.GetOrderId(), func(o *domain.Order) error {
				return o.Cancel(req.GetReason(), done, time.Now().UTC())
			})
			return &ordersv1.CancelResponse{}, err
		}))}
}

// Cancel is the method of OrdersService.
func (c Canceller) Cancel(ctx context.Context, req request) (response, error) {
	return c.handler.Handle(ctx, req)
}
