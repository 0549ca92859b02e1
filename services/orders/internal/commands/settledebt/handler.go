// Package settledebt records that an amount whose refund failed was paid in another way.
package settledebt

import (
	"context"
	"time"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

// Command settles the debt of a request.
type Command struct {
	OrderID, Request string
	Caller           auth.Identity
	Reference        string // where it was paid
}

// Result is the order after it; nil when it does not exist.
type Result = *domain.Order

// New makes the use case. It refuses with refusals.NoDebt and refusals.SagaInProgress.
func New(orders *store.Orders) cqrs.Handler[Command, Result] {
	return cqrs.Command("settle_debt", func(ctx context.Context, command Command) (Result, error) {
		found := false
		err := orders.Update(ctx, command.OrderID, func(o *domain.Order) error {
			if found = view.Visible(o, command.Caller); !found {
				return nil
			}
			return o.SettleDebt(command.Request, command.Reference, command.Caller.Subject, time.Now().UTC().Truncate(time.Microsecond))
		})
		if err != nil || !found {
			return nil, err
		}
		return orders.Load(ctx, command.OrderID)
	})
}
