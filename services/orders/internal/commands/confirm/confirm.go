// Package confirm is the saga's pivot: the order is confirmed, with the facts of
// the steps before it, in one append.
package confirm

import (
	"context"
	"errors"
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
	request  = *ordersv1.ConfirmRequest
	response = *ordersv1.ConfirmResponse
)

// Confirmer serves OrdersService.Confirm.
type Confirmer struct {
	handler cqrs.Handler[request, response]
}

// New makes the use case.
func New(orders *store.Orders) Confirmer {
	return Confirmer{cqrs.Command("confirm_order", cqrs.HandlerFunc[request, response](
		func(ctx context.Context, req request) (response, error) {
			err := orders.Update(ctx, req.GetOrderId(), func(o *domain.Order) error {
				return o.Confirm(*facts.Stock(req.GetStockReserved()), *facts.Payment(req.GetPaymentAuthorized()), time.Now().UTC())
			})
			if errors.Is(err, domain.ErrNotPlaced) {
				err = status.Error(codes.NotFound, err.Error())
			}
			return &ordersv1.ConfirmResponse{}, err
		}))}
}

// Confirm is the method of OrdersService.
func (c Confirmer) Confirm(ctx context.Context, req request) (response, error) {
	return c.handler.Handle(ctx, req)
}
