package events

import (
	"fmt"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
)

// Data is the data of an event: one of the types of this package. It determines the event's type
// and source.
type Data interface {
	kind() (eventType, source string)
}

func (ProductCreated) kind() (string, string)    { return ProductCreatedV1, SourceCatalog }
func (ProductChanged) kind() (string, string)    { return ProductChangedV1, SourceCatalog }
func (StockChanged) kind() (string, string)      { return StockChangedV1, SourceInventory }
func (OrderPlaced) kind() (string, string)       { return OrderPlacedV1, SourceOrders }
func (OrderConfirmed) kind() (string, string)    { return OrderConfirmedV1, SourceOrders }
func (OrderRejected) kind() (string, string)     { return OrderRejectedV1, SourceOrders }
func (UnitsCancelled) kind() (string, string)    { return UnitsCancelledV1, SourceOrders }
func (UnitsShipped) kind() (string, string)      { return UnitsShippedV1, SourceOrders }
func (ShipmentRefused) kind() (string, string)   { return ShipmentRefusedV1, SourceOrders }
func (ShipmentDelivered) kind() (string, string) { return ShipmentDeliveredV1, SourceOrders }
func (PaymentRefunded) kind() (string, string)   { return PaymentRefundedV1, SourceOrders }
func (RefundFailed) kind() (string, string)      { return RefundFailedV1, SourceOrders }
func (OrderCancelled) kind() (string, string)    { return OrderCancelledV1, SourceOrders }
func (SagaStuck) kind() (string, string)         { return SagaStuckV1, SourceOrders }

// New makes an event of data. The id is unique among all events, and the same when the same fact is
// published again; the subject is the aggregate's id; at is the time of the fact. The trace is
// added where the event is stored until it is published (platform/eventtrace).
func New(id, subject string, at time.Time, data Data) (cloudevents.Event, error) {
	eventType, source := data.kind()
	event := cloudevents.New(cloudevents.CloudEventsVersionV1)
	event.SetID(id)
	event.SetSource(source)
	event.SetType(eventType)
	event.SetSubject(subject)
	event.SetTime(at.UTC())
	if err := event.SetData(cloudevents.ApplicationJSON, data); err != nil {
		return cloudevents.Event{}, fmt.Errorf("data of event %s of %s: %w", eventType, subject, err)
	}
	return event, nil
}
