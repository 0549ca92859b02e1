// Package takeacts tells a stuck saga what operators decided.
package takeacts

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
	Command = *ordersv1.TakeActsRequest
	// Result is the answer.
	Result = *ordersv1.TakeActsResponse
)

// New makes the use case.
func New(orders *store.Orders) cqrs.Handler[Command, Result] {
	return cqrs.Command("take_acts", func(ctx context.Context, req Command) (Result, error) {
		var acts []domain.Act
		err := orders.Update(ctx, req.GetSaga().GetOrderId(), func(o *domain.Order) error {
			acts = o.TakeActs(contract.Saga(req.GetSaga()), time.Now().UTC())
			return nil
		})
		if err != nil {
			return nil, err
		}
		result := &ordersv1.TakeActsResponse{Acts: make([]*ordersv1.Act, len(acts))}
		for i, act := range acts {
			result.Acts[i] = &ordersv1.Act{Id: act.ID, Name: act.Name, Step: act.Step, Reference: act.Reference, Open: act.State == domain.ActTaken}
		}
		return result, nil
	})
}
