// Package recordresumed returns the direction and the input of a saga whose run was lost.
package recordresumed

import (
	"context"
	"time"

	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/orders/internal/contract"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

type (
	// Command is the request.
	Command = *ordersv1.RecordResumedRequest
	// Result is the answer.
	Result = *ordersv1.RecordResumedResponse
)

// New makes the use case.
func New(orders *store.Orders) cqrs.Handler[Command, Result] {
	return cqrs.Command("record_resumed", func(ctx context.Context, req Command) (Result, error) {
		var result Result
		err := orders.Update(ctx, req.GetSaga().GetOrderId(), func(o *domain.Order) error {
			saga := contract.Saga(req.GetSaga())
			result = contract.Resumed(o, saga, o.Resume(saga, time.Now().UTC()))
			return nil
		})
		return result, err
	})
}
