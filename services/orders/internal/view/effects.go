package view

import (
	"fmt"

	"github.com/ordersaga/ordersaga/platform/text"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain/slots"
)

// CancelEffect says what a cancellation does.
func CancelEffect(planned domain.Cancellation) string {
	effect := "frees " + countUnits(planned.Units)
	switch {
	case planned.Whole:
		effect += "; the order is cancelled, and its payment voided"
	case planned.Amount.Amount > planned.Refund.Amount:
		effect += fmt.Sprintf("; %s is not charged", domain.Money{Amount: planned.Amount.Amount - planned.Refund.Amount, Currency: planned.Amount.Currency}.Text())
	}
	if planned.Refund.Amount > 0 {
		effect += fmt.Sprintf("; %s is refunded", planned.Refund.Text())
	}
	return effect
}

// ShipEffect says what a shipment does.
func ShipEffect(planned domain.Shipment) string {
	effect := "ships " + countUnits(planned.Units)
	if planned.Capture.Amount > 0 {
		effect += fmt.Sprintf("; %s is captured", planned.Capture.Text())
	} else {
		effect += "; nothing is captured"
	}
	if planned.Rest {
		effect += ", and the rest of the authorization voided"
	}
	return effect
}

// RefundEffect says what a refund does.
func RefundEffect(planned domain.Refund) string {
	return planned.Amount.Text() + " is given back"
}

func countUnits(ranges []slots.Range) string {
	count := int64(0)
	for _, r := range ranges {
		count += r.Units()
	}
	return text.Count(int(count), "unit")
}
