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
	if planned.WriteOff {
		effect = "writes off " + countUnits(planned.Units)
	}
	uncharged := planned.Amount
	uncharged.Amount -= planned.Refund.Amount + planned.Fee.Amount
	switch {
	case planned.Whole && planned.FeeCapture.Amount == 0:
		effect += "; the order is cancelled, and its payment voided"
	case planned.Whole:
		effect += "; the order is cancelled"
	case uncharged.Amount > 0:
		effect += fmt.Sprintf("; %s is not charged", uncharged.Text())
	}
	if planned.Fee.Amount > 0 {
		effect += fmt.Sprintf("; a fee of %s is kept", planned.Fee.Text())
	}
	if planned.Whole && planned.Rest {
		effect += fmt.Sprintf("; %s is not charged", uncharged.Text())
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
