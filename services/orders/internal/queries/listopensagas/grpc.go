package listopensagas

import (
	"context"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/orders/internal/opensagas"
)

// Method serves OrdersService.ListOpenSagas.
type Method struct {
	handler cqrs.Handler[Query, Result]
}

// NewMethod makes the method.
func NewMethod(sagas *opensagas.Sagas) Method { return Method{New(sagas)} }

// ListOpenSagas is the method of OrdersService.
func (m Method) ListOpenSagas(ctx context.Context, query Query) (Result, error) {
	return m.handler.Handle(ctx, query)
}
