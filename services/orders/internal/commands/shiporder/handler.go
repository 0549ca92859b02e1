// Package shiporder ships units of a confirmed order: the saga ShipOrder captures their amount and
// takes them out of the stock.
package shiporder

import (
	"context"
	"time"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/requests"
)

// Command ships units of an order.
type Command struct {
	requests.Given
	// Lines to ship units of; none: everything that is left.
	Lines  []domain.LineUnits
	Parcel domain.Parcel
}

// Result is the order after the request.
type Result = requests.Result

// New makes the use case. It refuses as requests.Requests.Do does and with the reasons of
// domain.Order.PlanShipment.
func New(asked *requests.Requests, policy domain.CapturePolicy) cqrs.Handler[Command, Result] {
	return cqrs.Command("ship_order", func(ctx context.Context, command Command) (Result, error) {
		return asked.Do(ctx, command.Given, requests.Kind{
			Name: sagas.KindShipOrder, Fields: []any{command.Lines, command.Parcel},
			Begin: func(o *domain.Order, ask domain.Ask, at time.Time) error {
				_, err := o.BeginShipment(domain.ShipRequest{Ask: ask, Lines: command.Lines, Parcel: command.Parcel, Policy: policy}, at)
				return err
			},
		})
	})
}
