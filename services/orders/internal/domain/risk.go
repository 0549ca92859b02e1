package domain

// AtRisk returns the money that the open saga moves, or may have moved: of a cancellation what is no
// longer due, else what the order has to pay.
func (o *Order) AtRisk() Money {
	if cancelling := o.Cancelling(); cancelling != nil {
		return cancelling.Amount
	}
	return o.Due()
}

// UnitsAtRisk returns the units of stock that the open saga holds or frees.
func (o *Order) UnitsAtRisk() int64 {
	units := int64(0)
	if cancelling := o.Cancelling(); cancelling != nil {
		for _, r := range cancelling.Units {
			units += r.Units()
		}
		return units
	}
	for _, line := range o.lines {
		units += line.Quantity
	}
	for _, r := range o.taken {
		units -= r.Units()
	}
	return units
}
