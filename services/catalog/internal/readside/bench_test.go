package readside_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/cache"
	"github.com/ordersaga/ordersaga/platform/mongodb"
	"github.com/ordersaga/ordersaga/platform/readmodel"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/services/catalog/internal/catalogtest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/readside"
)

// counted counts what a store has, of what it is asked for.
type counted struct {
	cache.Store
	asked, had int
}

func (c *counted) Get(ctx context.Context, key string) ([]byte, cache.Claim, error) {
	value, claim, err := c.Store.Get(ctx, key)
	if c.asked++; value != nil {
		c.had++
	}
	return value, claim, err
}

// BenchmarkProduct reads products of a catalog of 2,000 as shoppers do, some far more often than
// others, without a cache and through each. One in fifty reads is followed by a change of the
// product that was read. The reads take turns, so that a machine that does other work slows all of
// them alike. At the end it prints what a read costs, its cost as a share of that without a cache, and
// the hit rate.
//
//	go test ./services/catalog/internal/readside -run '^$' -bench Product -benchtime 10000x
func BenchmarkProduct(b *testing.B) {
	db := catalogtest.Database(b)
	uri, database := testkit.MongoDB(b)
	documents, err := mongodb.Open(b.Context(), uri, database)
	require.NoError(b, err)
	b.Cleanup(func() { _ = mongodb.Close(context.Background(), documents) })
	model := readmodel.New(readside.Definition, db, documents)
	require.NoError(b, model.Prepare(b.Context()))
	const products = 2000
	_, err = db.SQL.ExecContext(b.Context(), `
		INSERT INTO products (sku, name, description, price_amount, currency, active, version, created_at, updated_at)
		SELECT 'SKU-' || n, 'Product ' || n, repeat('What it is. ', 20), 100, 'GBP', true, 1, now(), now() FROM generate_series(0, $1 - 1) AS n`, products)
	require.NoError(b, err)

	readers := map[string]*readside.Products{"without": readside.NewProducts(db, model)}
	counts := map[string]*counted{}
	feed := readside.NewFeed(db, model) // invalidates in all
	for name, open := range stores {
		store, _ := open(b)
		counts[name] = &counted{Store: store}
		readers[name] = readside.NewProducts(db, model)
		readers[name].Cache(counts[name], feed)
	}
	require.NoError(b, feed.CatchUp(b.Context()))
	chosen := rand.NewZipf(rand.New(rand.NewPCG(1, 2)), 1.1, 10, products-1)
	costs := map[string]time.Duration{}
	b.ResetTimer()
	for n := range b.N {
		sku := fmt.Sprintf("SKU-%d", chosen.Uint64())
		for name, reader := range readers {
			began := time.Now()
			_, err := reader.Get(b.Context(), sku)
			costs[name] += time.Since(began)
			require.NoError(b, err)
		}
		if n%50 == 0 {
			_, err := db.SQL.ExecContext(b.Context(), `UPDATE products SET version = version + 1 WHERE sku = $1`, sku)
			require.NoError(b, err)
			require.NoError(b, feed.CatchUp(b.Context()))
		}
	}
	for name := range readers {
		b.ReportMetric(float64(costs[name].Microseconds())/float64(b.N), "µs_a_read/"+name)
	}
	for name, count := range counts {
		b.ReportMetric(float64(costs[name])/float64(costs["without"]), "of_uncached/"+name)
		b.ReportMetric(float64(count.had)/float64(count.asked), "hits/"+name)
	}
}
