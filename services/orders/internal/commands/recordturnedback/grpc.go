package recordturnedback

import (
	"context"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

// Method serves OrdersService.RecordTurnedBack.
type Method struct {
	handler cqrs.Handler[Command, Result]
}

// New makes the method.
func New(orders *store.Orders) Method { return Method{handler(orders)} }

// RecordTurnedBack is the method of OrdersService.
func (m Method) RecordTurnedBack(ctx context.Context, req Command) (Result, error) {
	return m.handler.Handle(ctx, req)
}
