// Package markstuck records that a saga waits for its next try or for an operator.
package markstuck

import (
	"context"

	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

type (
	request  = *ordersv1.MarkStuckRequest
	response = *ordersv1.MarkStuckResponse
)

// Marker serves OrdersService.MarkStuck.
type Marker struct {
	handler cqrs.Handler[request, response]
}

// New makes the use case.
func New(orders *store.Orders) Marker {
	return Marker{cqrs.Command("mark_stuck", cqrs.HandlerFunc[request, response](
		func(ctx context.Context, req request) (response, error) {
			stuck := domain.SagaStuck{
				Saga: req.GetSaga(), Step: req.GetStep(), Attempts: int(req.GetAttempts()), LastError: req.GetLastError(),
			}
			err := orders.Update(ctx, req.GetOrderId(), func(o *domain.Order) error {
				return o.MarkStuck(stuck, req.GetAt().AsTime())
			})
			return &ordersv1.MarkStuckResponse{}, err
		}))}
}

// MarkStuck is the method of OrdersService.
func (m Marker) MarkStuck(ctx context.Context, req request) (response, error) {
	return m.handler.Handle(ctx, req)
}
