// Package recordstuck records that a saga waits for its next try or for an operator.
package recordstuck

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
	Command = *ordersv1.RecordStuckRequest
	// Result is the answer.
	Result = *ordersv1.RecordStuckResponse
)

// New makes the use case.
func New(orders *store.Orders) cqrs.Handler[Command, Result] {
	return cqrs.Command("record_stuck", func(ctx context.Context, req Command) (Result, error) {
		steps := make([]domain.StuckStep, len(req.GetSteps()))
		for i, step := range req.GetSteps() {
			steps[i] = domain.StuckStep{
				Step: step.GetStep(), Attempts: int(step.GetAttempts()), LastError: step.GetLastError(),
				Service: step.GetService(), Kind: step.GetKind(), TraceID: step.GetTraceId(),
			}
		}
		err := orders.Update(ctx, req.GetSaga().GetOrderId(), func(o *domain.Order) error {
			o.MarkStuck(contract.Saga(req.GetSaga()), steps, req.GetBuild(), time.Now().UTC())
			return nil
		})
		if err != nil {
			return nil, err
		}
		return &ordersv1.RecordStuckResponse{}, nil
	})
}
