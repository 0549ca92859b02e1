package checkundo

import (
	"context"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

// Method serves OrdersService.CheckUndo.
type Method struct {
	handler cqrs.Handler[Query, Result]
}

// NewMethod makes the method.
func NewMethod(orders *store.Orders) Method { return Method{New(orders)} }

// CheckUndo is the method of OrdersService.
func (m Method) CheckUndo(ctx context.Context, query Query) (Result, error) {
	return m.handler.Handle(ctx, query)
}
