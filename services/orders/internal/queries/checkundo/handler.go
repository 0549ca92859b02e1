// Package checkundo answers whether the steps of a saga may be undone: services ask before they
// release stock or void a payment.
package checkundo

import (
	"context"

	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/orders/internal/contract"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

type (
	// Query is the request.
	Query = *ordersv1.CheckUndoRequest
	// Result is the answer.
	Result = *ordersv1.CheckUndoResponse
)

// New makes the use case.
func New(orders *store.Orders) cqrs.Handler[Query, Result] {
	return cqrs.Query("check_undo", func(ctx context.Context, query Query) (Result, error) {
		order, err := orders.Load(ctx, query.GetSaga().GetOrderId())
		if err != nil {
			return nil, err
		}
		if err := order.CheckUndo(contract.Saga(query.GetSaga()), query.GetPartly()); err != nil {
			return &ordersv1.CheckUndoResponse{Why: err.Error()}, nil
		}
		return &ordersv1.CheckUndoResponse{Allowed: true}, nil
	})
}
