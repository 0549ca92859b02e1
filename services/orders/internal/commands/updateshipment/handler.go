// Package updateshipment changes what is known of a shipment that has left: what the carrier calls
// it, and that it has arrived.
package updateshipment

import (
	"context"
	"time"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

// Command changes a shipment.
type Command struct {
	OrderID, Shipment string
	Caller            auth.Identity
	Carrier, Tracking *string // nil: stays
	Delivered         bool    // false: stays
}

// Result is the order after it; nil when it does not exist.
type Result = *domain.Order

// New makes the use case. It refuses with refusals.ShipmentUnknown.
func New(orders *store.Orders) cqrs.Handler[Command, Result] {
	return cqrs.Command("update_shipment", func(ctx context.Context, command Command) (Result, error) {
		found := false
		err := orders.Update(ctx, command.OrderID, func(o *domain.Order) error {
			if found = view.Visible(o, command.Caller); !found {
				return nil
			}
			return change(o, command, time.Now().UTC().Truncate(time.Microsecond))
		})
		if err != nil || !found {
			return nil, err
		}
		return orders.Load(ctx, command.OrderID)
	})
}

func change(o *domain.Order, command Command, at time.Time) error {
	var parcel domain.Parcel
	if request := o.Request(command.Shipment); request != nil && request.Shipment != nil {
		parcel = request.Shipment.Parcel
	}
	if command.Carrier != nil {
		parcel.Carrier = *command.Carrier
	}
	if command.Tracking != nil {
		parcel.Tracking = *command.Tracking
	}
	if err := o.Track(command.Shipment, parcel, at); err != nil || !command.Delivered {
		return err
	}
	return o.Deliver(command.Shipment, command.Caller.Subject, at)
}
