package domain

// AtRisk returns the money that the open saga moves, or may have moved: what a cancellation takes
// off, a shipment captures or a refund gives back, else what the order has to pay.
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
	units := int64(0)
	switch request := o.OpenRequest(); {
	case request != nil && request.Cancellation != nil:
		for _, r := range request.Cancellation.Units {
			units += r.Units()
		}
	case request != nil && request.Shipment != nil:
		for _, r := range request.Shipment.Units {
			units += r.Units()
		}
	case request == nil:
		for _, free := range o.free() {
			units += free.Units()
		}
	}
	return units
}
