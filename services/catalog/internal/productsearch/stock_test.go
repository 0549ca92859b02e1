package productsearch_test

import (
	"context"
	"testing"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ordersaga/ordersaga/contracts/events"
	"github.com/ordersaga/ordersaga/services/catalog/internal/catalogtest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/productsearch"
)

// However events are repeated, shuffled and cut into batches, the newest level of each SKU stays.
func TestTheNewestLevelOfEachSKUStays(t *testing.T) {
	db := catalogtest.Database(t)
	kept := map[string]bool{}
	consumer := productsearch.KeepStock(db, func(_ context.Context, skus ...string) error {
		for _, sku := range skus {
			kept[sku] = true
		}
		return nil
	})
	rapid.Check(t, func(r *rapid.T) {
		_, err := db.SQL.ExecContext(t.Context(), `DELETE FROM availability`)
		require.NoError(r, err)
		newest := map[string]int64{}
		var batch []cloudevents.Event
		for range rapid.IntRange(1, 12).Draw(r, "events") {
			sku, version := rapid.SampledFrom([]string{"A", "b", "C"}).Draw(r, "sku"), rapid.Int64Range(1, 5).Draw(r, "version")
			newest[sku] = max(newest[sku], version)
			batch = append(batch, catalogtest.StockedAt(t, sku, 10+version, version))
			if rapid.Bool().Draw(r, "cut") {
				require.NoError(r, consumer.HandleBatch(t.Context(), batch))
				batch = nil
			}
		}
		require.NoError(r, consumer.HandleBatch(t.Context(), batch))
		for sku, version := range newest {
			var available, stored int64
			require.NoError(r, db.SQL.QueryRowContext(t.Context(), `SELECT available, version FROM availability WHERE sku = $1`, sku).Scan(&available, &stored))
			require.Equal(r, [2]int64{10 + version, version}, [2]int64{available, stored})
		}
	})
	assert.Equal(t, map[string]bool{"A": true, "b": true, "C": true}, kept)
}

func TestAnEventThatIsNoStockIsPoison(t *testing.T) {
	consumer := productsearch.KeepStock(catalogtest.Database(t), func(context.Context, ...string) error {
		t.Error("nothing was kept")
		return nil
	})
	for what, bad := range map[string]cloudevents.Event{
		"not the shape":   catalogtest.Event(t, events.StockChangedV1, "/test", "A", map[string]any{"levels": "many"}),
		"no SKU":          catalogtest.StockedAt(t, "", 1, 1),
		"no version":      catalogtest.StockedAt(t, "A", 1, 0),
		"of another kind": catalogtest.Created(t, "A"),
	} {
		assert.Error(t, consumer.HandleBatch(t.Context(), []cloudevents.Event{bad}), what)
	}
}
