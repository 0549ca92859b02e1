package catalogtest

import (
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/events"
)

// At is when the products of these events were created.
var At = time.Date(2026, 11, 22, 8, 0, 0, 123e6, time.UTC)

// Created tells of a product for 12.50 GBP, named after its SKU.
func Created(t testing.TB, sku string) cloudevents.Event {
	t.Helper()
	return Event(t, events.ProductCreatedV1, events.SourceCatalog, sku, events.ProductCreated{
		SKU: sku, Name: "the " + sku, Price: 1250, Currency: "GBP", Active: true, Version: 1, CreatedAt: At,
	})
}

// Stocked tells of a SKU's first stock.
func Stocked(t testing.TB, sku string, available int64) cloudevents.Event {
	t.Helper()
	return StockedAt(t, sku, available, 1)
}

// StockedAt tells of a version of a SKU's stock.
func StockedAt(t testing.TB, sku string, available, version int64) cloudevents.Event {
	t.Helper()
	return Event(t, events.StockChangedV1, events.SourceInventory, "receipt-1", events.StockChanged{
		Levels: []events.StockLevel{{SKU: sku, OnHand: available, Available: available, Version: version}},
	})
}

// Event is an integration event with a new id.
func Event(t require.TestingT, eventType, source, subject string, data any) cloudevents.Event {
	event := cloudevents.New()
	event.SetID(uuid.NewString())
	event.SetType(eventType)
	event.SetSource(source)
	event.SetSubject(subject)
	require.NoError(t, event.SetData(cloudevents.ApplicationJSON, data))
	return event
}
