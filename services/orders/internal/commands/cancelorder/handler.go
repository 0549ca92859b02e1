// Package cancelorder cancels an order before it is shipped, or units of it.
//
// An order that is still being placed turns back: its own saga undoes its steps. For a confirmed one
// the saga CancelOrder begins.
package cancelorder

import (
	"context"
	"time"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/requests"
)

// Command cancels an order or units of it.
type Command struct {
	requests.Given
	// Lines to cancel units of; none: everything that is left.
	Lines  []domain.LineUnits
	Policy domain.CancelPolicy
}

// Result is the order after the request.
type Result = requests.Result

// New makes the use case. It refuses as requests.Requests.Do does and with the reasons of
// domain.Order.PlanCancel.
func New(asked *requests.Requests) cqrs.Handler[Command, Result] {
	return cqrs.Command("cancel_order", func(ctx context.Context, command Command) (Result, error) {
		var fields any = command.Lines // as they were hashed before there was a policy
		if command.Policy != (domain.CancelPolicy{}) {
			fields = []any{command.Lines, command.Policy}
		}
		return asked.Do(ctx, command.Given, requests.Kind{
			Name: sagas.KindCancelOrder, Fields: fields,
			Begin: func(o *domain.Order, ask domain.Ask, at time.Time) error {
				request := domain.CancelRequest{Ask: ask, Lines: command.Lines, CancelPolicy: command.Policy}
				if saga := o.Saga(); saga != nil && saga.Saga == domain.Placing(o.ID()) {
					return o.CancelPlacing(request, at)
				}
				_, err := o.BeginCancel(request, at)
				return err
			},
		})
	})
}
