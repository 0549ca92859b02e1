package domain

import "github.com/ordersaga/ordersaga/services/orders/internal/domain/slots"

// AtRisk returns the money that the open saga moves, or may have moved: that of its request, or while
// the order is being placed what is due.
func (o *Order) AtRisk() Money {
	switch request := o.OpenRequest(); {
	case request == nil:
		return o.Due()
	case request.Cancellation != nil:
		return request.Cancellation.Amount
	case request.Shipment != nil:
		return request.Shipment.Capture
	case request.Refund != nil:
		return request.Refund.Amount
	}
	return o.Due()
}

// UnitsAtRisk returns the units of stock that the open saga holds, frees or ships.
func (o *Order) UnitsAtRisk() int64 {
	var units []slots.Range
	switch request := o.OpenRequest(); {
	case request == nil:
		sum := int64(0)
		for _, line := range o.lines {
			sum += line.Quantity
		}
		return sum
	case request.Cancellation != nil:
		units = request.Cancellation.Units
	case request.Shipment != nil:
		units = request.Shipment.Units
	}
	sum := int64(0)
	for _, r := range units {
		sum += r.Units()
	}
	return sum
}
