package readside_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ordersaga/ordersaga/contracts/events"
	"github.com/ordersaga/ordersaga/services/catalog/internal/catalogtest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/readside"
)

var at = time.Date(2026, 11, 22, 8, 0, 0, 123e6, time.UTC)

func event(t require.TestingT, eventType, subject string, data any) cloudevents.Event {
	return catalogtest.Event(t, eventType, "/test", subject, data)
}

// told of a product's version: the first was created, the others are changes.
func told(t require.TestingT, sku string, version int64) cloudevents.Event {
	eventType := events.ProductCreatedV1
	if version > 1 {
		eventType = events.ProductChangedV1
	}
	return event(t, eventType, sku, events.ProductCreated{
		SKU: sku, Name: fmt.Sprintf("%s, version %d", sku, version), Description: "It is.",
		Price: 100 + version, Currency: "GBP", Active: true, Version: version, CreatedAt: at,
	})
}

func level(sku string, version int64) events.StockLevel {
	return events.StockLevel{SKU: sku, OnHand: 20 + version, Reserved: 10, Available: 10 + version, Version: version}
}

func stocked(t require.TestingT, levels ...events.StockLevel) cloudevents.Event {
	return event(t, events.StockChangedV1, "receipt-1", events.StockChanged{Levels: levels})
}

func document(sku string, version, stock int64) readside.Product {
	p := readside.Product{
		SKU: sku, Name: fmt.Sprintf("%s, version %d", sku, version), Description: "It is.",
		Price: readside.Price{Amount: 100 + version, Currency: "GBP"}, Active: true, Version: version, CreatedAt: at,
	}
	if stock > 0 {
		p.Stock = &readside.Stock{Available: 10 + stock, Version: stock}
	}
	return p
}

func TestAProductAndItsStockBecomeOneDocument(t *testing.T) {
	for name, batches := range map[string][][]cloudevents.Event{
		"the product first": {{told(t, "A", 1)}, {stocked(t, level("A", 1))}},
		"the stock first":   {{stocked(t, level("A", 1))}, {told(t, "A", 1)}},
		"both at once":      {{stocked(t, level("A", 1)), told(t, "A", 1)}},
	} {
		t.Run(name, func(t *testing.T) {
			products := catalogtest.ReadSide(t)
			for _, batch := range batches {
				require.NoError(t, products.Apply(t.Context(), batch))
			}
			found, err := products.Get(t.Context(), "A")
			require.NoError(t, err)
			assert.Equal(t, document("A", 1, 1), found)
		})
	}
}

func TestStockAloneIsNoProduct(t *testing.T) {
	products := catalogtest.ReadSide(t)
	require.NoError(t, products.Apply(t.Context(), []cloudevents.Event{stocked(t, level("A", 1))}))
	_, err := products.Get(t.Context(), "A")
	require.ErrorIs(t, err, readside.ErrNotFound)
	page, err := products.Page(t.Context(), "", 10)
	require.NoError(t, err)
	assert.Empty(t, page)
}

// A stale event in a batch must not cost the others: FerretDB ends a command at its first duplicate
// key, and with it every write behind.
func TestAStaleEventDoesNotStopTheOthers(t *testing.T) {
	products := catalogtest.ReadSide(t)
	require.NoError(t, products.Apply(t.Context(), []cloudevents.Event{told(t, "B", 5), stocked(t, level("B", 5))}))
	batch := []cloudevents.Event{stocked(t, level("A", 1), level("B", 3), level("C", 1))}
	for _, sku := range []string{"A", "B", "C"} {
		batch = append(batch, told(t, sku, 2))
	}
	require.NoError(t, products.Apply(t.Context(), batch))
	page, err := products.Page(t.Context(), "", 10)
	require.NoError(t, err)
	assert.Equal(t, []readside.Product{document("A", 2, 1), document("B", 5, 5), document("C", 2, 1)}, page)
}

// However events are repeated, shuffled and cut into batches, each document ends as the newest of
// each of its parts.
func TestTheNewestOfEachPartStays(t *testing.T) {
	products := catalogtest.ReadSide(t)
	run := 0
	rapid.Check(t, func(t *rapid.T) {
		run++
		type fact struct {
			sku     string
			stock   bool
			version int64
		}
		sequence := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) fact {
			return fact{
				sku:     fmt.Sprintf("RUN%d-%s", run, rapid.SampledFrom([]string{"A", "B", "C"}).Draw(t, "sku")),
				stock:   rapid.Bool().Draw(t, "stock"),
				version: rapid.Int64Range(1, 5).Draw(t, "version"),
			}
		}), 1, 12).Draw(t, "events")
		newest := map[string][2]int64{}
		var all []cloudevents.Event
		for _, one := range sequence {
			versions := newest[one.sku]
			if one.stock {
				all = append(all, stocked(t, level(one.sku, one.version)))
				versions[1] = max(versions[1], one.version)
			} else {
				all = append(all, told(t, one.sku, one.version))
				versions[0] = max(versions[0], one.version)
			}
			newest[one.sku] = versions
		}
		for batch := range slices.Chunk(all, rapid.IntRange(1, 6).Draw(t, "batch")) {
			if err := products.Apply(t.Context(), batch); err != nil {
				t.Fatalf("apply: %v", err)
			}
		}
		for sku, versions := range newest {
			found, err := products.Get(t.Context(), sku)
			if versions[0] == 0 {
				require.ErrorIs(t, err, readside.ErrNotFound)
				continue
			}
			require.NoError(t, err)
			require.Equal(t, document(sku, versions[0], versions[1]), found)
		}
	})
}

func TestAnEventThatCannotBeReadIsRefused(t *testing.T) {
	products := catalogtest.ReadSide(t)
	for what, bad := range map[string]cloudevents.Event{
		"not the shape":   event(t, events.StockChangedV1, "A", map[string]any{"levels": "many"}),
		"no version":      event(t, events.ProductCreatedV1, "A", events.ProductCreated{SKU: "A", Name: "A"}),
		"no SKU":          stocked(t, events.StockLevel{Version: 1}),
		"of another kind": event(t, events.OrderPlacedV1, "A", events.OrderPlaced{}),
	} {
		assert.Error(t, products.Apply(t.Context(), []cloudevents.Event{bad}), what)
	}
}

// One receipt can tell of a thousand SKUs. That is more updates in one command than FerretDB has
// connections: it must not wait for ever.
func TestAThousandLevelsAreOneChange(t *testing.T) {
	products := catalogtest.ReadSide(t)
	for version := range int64(2) {
		levels := make([]events.StockLevel, 1000)
		batch := make([]cloudevents.Event, 0, len(levels)+1)
		for i := range levels {
			levels[i] = level(fmt.Sprintf("SKU-%03d", i), version+1)
			batch = append(batch, told(t, levels[i].SKU, version+1))
		}
		begun := time.Now()
		require.NoError(t, products.Apply(t.Context(), append(batch, stocked(t, levels...))))
		t.Logf("version %d of 1,000 products and their stock took %s", version+1, time.Since(begun).Round(time.Millisecond))
	}
	page, err := products.Page(t.Context(), "SKU-997", 10)
	require.NoError(t, err)
	assert.Equal(t, []readside.Product{document("SKU-998", 2, 2), document("SKU-999", 2, 2)}, page)
}
