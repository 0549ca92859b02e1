// Package refundorder gives an amount of a confirmed order back without a return, or tries a refund
// that failed again: the saga RefundOrder.
package refundorder

import (
	"context"
	"time"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/requests"
)

// Command gives an amount back.
type Command struct {
	requests.Given
	Amount  domain.Money
	Retries string // the request whose failed refund is tried again; then Amount is not used
}

// Result is the order after the request.
type Result = requests.Result

// New makes the use case; limit is what one operator may give back of one order, 0 for no limit. It
// refuses as requests.Requests.Do does and with the reasons of domain.Order.PlanRefund.
func New(asked *requests.Requests, limit int64) cqrs.Handler[Command, Result] {
	return cqrs.Command("refund_order", func(ctx context.Context, command Command) (Result, error) {
		return asked.Do(ctx, command.Given, requests.Kind{
			Name: sagas.KindRefundOrder, Fields: []any{command.Amount, command.Retries},
			Begin: func(o *domain.Order, ask domain.Ask, at time.Time) error {
				_, err := o.BeginRefund(domain.RefundRequest{Ask: ask, Amount: command.Amount, Retries: command.Retries, Limit: limit}, at)
				return err
			},
		})
	})
}
