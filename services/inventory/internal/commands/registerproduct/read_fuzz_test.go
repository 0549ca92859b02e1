package registerproduct

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/events"
	"github.com/ordersaga/ordersaga/services/inventory/internal/domain"
)

// FuzzRead reads products from anything: what cannot be kept is poison now, not a failure that is
// tried again.
func FuzzRead(f *testing.F) {
	for _, data := range []string{
		`{"sku":"TEA","name":"Tea","price":450,"currency":"GBP","active":true,"version":1,"created_at":"2026-01-01T00:00:00Z"}`,
		`{"sku":"TEA","version":1}`, `{"sku":"TEA"}`, `{"sku":"TEA","version":-1}`, `{"sku":""}`, `{"sku":"\u0000"}`, `{"sku":"TEA","name":"\u0000"}`, `{"sku":"TEA","name":"\ud800"}`,
		`{"sku":"` + strings.Repeat("x", 65) + `"}`, `{"sku":1}`, `{"sku":"TEA","price":1e400}`, `null`, `[]`, `"text"`, ``,
	} {
		f.Add([]byte(data))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		event := cloudevents.New()
		event.SetID("event-1")
		event.SetSource(events.SourceCatalog)
		event.SetType(events.ProductCreatedV1)
		if event.SetData(cloudevents.ApplicationJSON, json.RawMessage(data)) != nil {
			return
		}
		product, err := read(event)
		if err != nil {
			require.Zero(t, product)
			return
		}
		require.Equal(t, "event-1", product.EventID)
		require.Positive(t, product.Version)
		require.True(t, domain.IsSKU(product.SKU), "%q", product.SKU)
		require.True(t, utf8.ValidString(product.Name))
		require.NotContains(t, product.Name, "\x00")
	})
}
