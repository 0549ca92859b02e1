package publisher

import (
	cloudevents "github.com/cloudevents/sdk-go/v2/event"

	"github.com/ordersaga/ordersaga/contracts/events"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/eventstore"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain/slots"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

// translate makes the integration event of a domain event. Facts of single steps are not published.
func translate(event eventstore.Event) (told cloudevents.Event, meant bool, err error) {
	recorded, err := store.Decode(event)
	if err != nil {
		return told, false, err
	}
	data := dataOf(store.OrderID(event.Stream), recorded)
	if data == nil {
		return told, false, nil
	}
	// The log's id, so that consumers recognise a repeated event.
	told, err = events.New(event.ID, store.OrderID(event.Stream), event.OccurredAt, data)
	return told, true, err
}

// dataOf returns the data of the integration event; nil when there is none.
func dataOf(orderID string, event store.Recorded) events.Data {
	at := event.OccurredAt
	switch e := event.Fact.(type) {
	case domain.OrderPlaced:
		placed := events.OrderPlaced{
			OrderID: orderID, Number: e.Number, Reference: e.Reference, CustomerID: e.CustomerID,
			Total: e.Total.Amount, Currency: e.Total.Currency, PlacedAt: at,
		}
		for _, line := range e.Lines {
			placed.Lines = append(placed.Lines, events.Line{SKU: line.SKU, Name: line.Name, UnitPrice: line.UnitPrice, Quantity: line.Quantity})
		}
		for _, adjustment := range e.Adjustments {
			placed.Adjustments = append(placed.Adjustments, events.Adjustment(adjustment))
		}
		return placed
	case domain.OrderConfirmed:
		return events.OrderConfirmed{
			OrderID: orderID, CustomerID: e.CustomerID, PaymentID: e.PaymentID,
			Total: e.Total.Amount, Currency: e.Total.Currency, ConfirmedAt: at,
		}
	case domain.OrderRejected:
		return events.OrderRejected{OrderID: orderID, CustomerID: e.CustomerID, Reason: e.Reason, RejectedAt: at}
	case domain.UnitsCancelled:
		cancelled := events.UnitsCancelled{
			OrderID: orderID, CustomerID: e.CustomerID, Amount: e.Amount.Amount, Currency: e.Amount.Currency, Reason: e.Reason, CancelledAt: at,
			Fee: e.Fee.Amount, WrittenOff: e.WriteOff,
		}
		cancelled.Lines = units(e.Units)
		return cancelled
	case domain.UnitsShipped:
		return events.UnitsShipped{
			OrderID: orderID, CustomerID: e.CustomerID, ShipmentID: e.Instance, Lines: units(e.Units), Carrier: e.Carrier, Tracking: e.Tracking,
			Amount: e.Amount.Amount, Captured: e.Capture.Amount, Currency: e.Amount.Currency, ShippedAt: at,
		}
	case domain.ShipmentDelivered:
		return events.ShipmentDelivered{OrderID: orderID, CustomerID: e.CustomerID, ShipmentID: e.Shipment, DeliveredAt: at}
	case domain.SagaEnded:
		if e.Kind != sagas.KindShipOrder || e.Refused == nil {
			return nil
		}
		return events.ShipmentRefused{OrderID: orderID, CustomerID: e.CustomerID, ShipmentID: e.Instance, Reason: e.Refused.Reason, RefusedAt: at}
	case domain.PaymentRefunded:
		return events.PaymentRefunded{OrderID: orderID, RefundID: e.RefundID, Amount: e.Amount.Amount, Currency: e.Amount.Currency, RefundedAt: at}
	case domain.PaymentRefundFailed:
		return events.RefundFailed{OrderID: orderID, RefundID: e.RefundID, Amount: e.Amount.Amount, Currency: e.Amount.Currency, FailedAt: at}
	case domain.OrderCancelled:
		return events.OrderCancelled{OrderID: orderID, CustomerID: e.CustomerID, Reason: e.Reason, CancelledAt: at}
	case domain.SagaStuck:
		stuck := events.SagaStuck{OrderID: orderID, Saga: e.Kind, At: at}
		for _, step := range e.Steps {
			stuck.Steps = append(stuck.Steps, events.StuckStep{Step: step.Step, Attempts: step.Attempts, LastError: step.LastError})
		}
		return stuck
	default:
		return nil
	}
}

// units are the units of each line, in the order of the ranges.
func units(ranges []slots.Range) (lines []events.LineUnits) {
	for _, r := range ranges {
		if last := len(lines) - 1; last >= 0 && lines[last].Line == r.Line {
			lines[last].Quantity += r.Units()
			continue
		}
		lines = append(lines, events.LineUnits{Line: r.Line, Quantity: r.Units()})
	}
	return lines
}
