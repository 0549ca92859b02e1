package publisher

import (
	cloudevents "github.com/cloudevents/sdk-go/v2/event"

	"github.com/ordersaga/ordersaga/contracts/events"
	"github.com/ordersaga/ordersaga/platform/eventstore"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

// translate makes the integration event of a domain event. Facts of single steps are not published.
func translate(event eventstore.Event) (told cloudevents.Event, meant bool, err error) {
	recorded, err := store.Decode(event)
	if err != nil {
		return told, false, err
	}
	eventType, data := tell(store.OrderID(event.Stream), recorded)
	if data == nil {
		return told, false, nil
	}
	told = cloudevents.New(cloudevents.CloudEventsVersionV1)
	// The log's own id: who gets the event twice can tell.
	told.SetID(event.ID)
	told.SetSource(events.SourceOrders)
	told.SetSubject(store.OrderID(event.Stream))
	told.SetType(eventType)
	told.SetTime(event.OccurredAt)
	return told, true, told.SetData(cloudevents.ApplicationJSON, data)
}

// tell is the type and the data of the integration event; no data when there is none.
func tell(orderID string, event store.Recorded) (eventType string, data any) {
	at := event.OccurredAt
	switch e := event.Fact.(type) {
	case domain.OrderPlaced:
		placed := events.OrderPlaced{
			OrderID: orderID, CustomerID: e.CustomerID, Total: e.Total.Amount, Currency: e.Total.Currency, PlacedAt: at,
		}
		for _, line := range e.Lines {
			placed.Lines = append(placed.Lines, events.Line{SKU: line.SKU, Name: line.Name, UnitPrice: line.UnitPrice, Quantity: line.Quantity})
		}
		for _, adjustment := range e.Adjustments {
			placed.Adjustments = append(placed.Adjustments, events.Adjustment(adjustment))
		}
		return events.OrderPlacedV1, placed
	case domain.OrderConfirmed:
		return events.OrderConfirmedV1, events.OrderConfirmed{
			OrderID: orderID, CustomerID: e.CustomerID, PaymentID: e.PaymentID,
			Total: e.Total.Amount, Currency: e.Total.Currency, ConfirmedAt: at,
		}
	case domain.OrderRejected:
		return events.OrderRejectedV1, events.OrderRejected{OrderID: orderID, CustomerID: e.CustomerID, Reason: e.Reason, RejectedAt: at}
	case domain.OrderCancelled:
		return events.OrderCancelledV1, events.OrderCancelled{OrderID: orderID, CustomerID: e.CustomerID, Reason: e.Reason, CancelledAt: at}
	case domain.SagaStuck:
		stuck := events.SagaStuck{OrderID: orderID, Saga: e.Kind, At: at}
		for _, step := range e.Steps {
			stuck.Steps = append(stuck.Steps, events.StuckStep(step))
		}
		return events.SagaStuckV1, stuck
	default:
		return "", nil
	}
}
