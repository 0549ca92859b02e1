package recordpayment

import (
	"context"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

// Method serves OrdersService.RecordPayment.
type Method struct {
	handler cqrs.Handler[Command, Result]
}

// NewMethod makes the method.
func NewMethod(orders *store.Orders) Method { return Method{New(orders)} }

// RecordPayment is the method of OrdersService.
func (m Method) RecordPayment(ctx context.Context, req Command) (Result, error) {
	return m.handler.Handle(ctx, req)
}
