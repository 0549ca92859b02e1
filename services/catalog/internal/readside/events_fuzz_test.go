package readside

import (
	"encoding/json"
	"testing"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/ordersaga/ordersaga/contracts/events"
)

// FuzzPartsOf reads the read side's events from anything: what cannot be read is an error, what can
// has a SKU and a version to gate its write.
func FuzzPartsOf(f *testing.F) {
	for _, seed := range []struct{ eventType, data string }{
		{events.ProductCreatedV1, `{"sku":"TEA","name":"Tea","price":450,"currency":"GBP","active":true,"version":1,"created_at":"2026-01-01T00:00:00Z"}`},
		{events.ProductChangedV1, `{"sku":"TEA","name":"Tea","price":475,"currency":"GBP","active":false,"version":2,"created_at":"2026-01-01T00:00:00Z"}`},
		{events.ProductCreatedV1, `{"sku":"","version":1}`},
		{events.ProductCreatedV1, `{"sku":"TEA","version":-1}`},
		{events.ProductCreatedV1, `{"sku":"TEA","name":"\u0000","version":1}`},
		{events.ProductCreatedV1, `{"sku":"TEA","price":1e400}`},
		{events.StockChangedV1, `{"levels":[{"sku":"TEA","on_hand":10,"reserved":1,"available":9,"version":2}]}`},
		{events.StockChangedV1, `{"levels":null}`},
		{events.StockChangedV1, `{"levels":[null]}`},
		{events.StockChangedV1, `{"levels":[{"sku":"TEA","version":0}]}`},
		{events.OrderPlacedV1, `{}`},
		{"", ``},
	} {
		f.Add(seed.eventType, []byte(seed.data))
	}
	f.Fuzz(func(t *testing.T, eventType string, data []byte) {
		event := cloudevents.New()
		event.SetID("1")
		event.SetSource(events.SourceCatalog)
		event.SetType(eventType)
		if event.SetData(cloudevents.ApplicationJSON, json.RawMessage(data)) != nil {
			return
		}
		parts, err := partsOf(event)
		if err != nil {
			return
		}
		require.Contains(t, []string{events.ProductCreatedV1, events.ProductChangedV1, events.StockChangedV1}, event.Type())
		for _, part := range parts {
			require.NotEmpty(t, part.sku)
			require.Positive(t, part.version)
			_, err := bson.Marshal(part.fields)
			require.NoError(t, err, "what was read can be written")
		}
	})
}
