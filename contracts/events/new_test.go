package events_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/events"
)

func TestAnEventHasTheTypeAndTheSourceOfItsData(t *testing.T) {
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.FixedZone("CET", 3600))
	for eventType, data := range map[string]events.Data{
		events.ProductCreatedV1: events.ProductCreated{}, events.ProductChangedV1: events.ProductChanged{}, events.StockChangedV1: events.StockChanged{},
		events.OrderPlacedV1: events.OrderPlaced{}, events.OrderConfirmedV1: events.OrderConfirmed{}, events.OrderRejectedV1: events.OrderRejected{},
		events.OrderCancelledV1: events.OrderCancelled{}, events.SagaStuckV1: events.SagaStuck{},
	} {
		event, err := events.New("id-1", "subject-1", at, data)
		require.NoError(t, err)
		require.NoError(t, event.Validate())
		assert.Equal(t, eventType, event.Type())
		service := strings.TrimPrefix(event.Source(), "/ordersaga/")
		assert.True(t, strings.HasPrefix(eventType, "com.ordersaga."+service+"."), "%s comes from %s", eventType, event.Source())
		assert.Equal(t, "id-1", event.ID())
		assert.Equal(t, "subject-1", event.Subject())
		assert.Equal(t, at.UTC(), event.Time())
		assert.Equal(t, "application/json", event.DataContentType())
		assert.Empty(t, event.Extensions())
	}
}
