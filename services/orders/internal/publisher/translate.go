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
		}
		for _, r := range e.Units {
			if last := len(cancelled.Lines) - 1; last >= 0 && cancelled.Lines[last].Line == r.Line {
				cancelled.Lines[last].Quantity += r.Units()
				continue
			}
			cancelled.Lines = append(cancelled.Lines, events.CancelledLine{Line: r.Line, Quantity: r.Units()})
		}
		return cancelled
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
