package recordstuck

import (
	"context"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

// Method serves OrdersService.RecordStuck.
type Method struct {
	handler cqrs.Handler[Command, Result]
}

// NewMethod makes the method.
func NewMethod(orders *store.Orders) Method { return Method{New(orders)} }

// RecordStuck is the method of OrdersService.
func (m Method) RecordStuck(ctx context.Context, req Command) (Result, error) {
	return m.handler.Handle(ctx, req)
}
