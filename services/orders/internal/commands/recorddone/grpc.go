package recorddone

import (
	"context"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

// Method serves OrdersService.RecordDone.
type Method struct {
	handler cqrs.Handler[Command, Result]
}

// NewMethod makes the method.
func NewMethod(orders *store.Orders) Method { return Method{New(orders)} }

// RecordDone is the method of OrdersService.
func (m Method) RecordDone(ctx context.Context, req Command) (Result, error) {
	return m.handler.Handle(ctx, req)
}
