package readside_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/cache"
	"github.com/ordersaga/ordersaga/platform/cache/memory"
	"github.com/ordersaga/ordersaga/services/catalog/internal/catalogtest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/readside"
)

// Shoppers read on an instance that remembers the live generation for a second, while another one
// rebuilds the documents and goes on to take over changes. They get every product at every time, and
// none that is older than what was taken over before the request.
func TestARebuildIsNotSeenByReaders(t *testing.T) {
	for name, store := range map[string]cache.Store{"without a cache": nil, "with a cache": memory.New(1<<20, time.Minute)} {
		t.Run(name, func(t *testing.T) {
			db := catalogtest.Database(t)
			products, feed := catalogtest.ReadSide(t, db)
			products.Cache(store, feed)
			catalogtest.Store(t, db, "TEA", "Tea", 100)
			require.NoError(t, feed.CatchUp(t.Context()))
			first, err := feed.Live(t.Context())
			require.NoError(t, err)

			var taken, read atomic.Int64
			taken.Store(1)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			var shoppers sync.WaitGroup
			for range 2 {
				shoppers.Go(func() {
					for ctx.Err() == nil {
						least := taken.Load()
						product, err := products.Get(ctx, "TEA")
						if ctx.Err() != nil {
							return
						}
						if !assert.NoError(t, err) || !assert.GreaterOrEqual(t, product.Version, least) {
							return
						}
						page, _, err := products.Page(ctx, 0, 10)
						if ctx.Err() != nil {
							return
						}
						if !assert.NoError(t, err) || !assert.Len(t, page, 1) || !assert.GreaterOrEqual(t, page[0].Version, least) {
							return
						}
						read.Add(1)
					}
				})
			}
			require.NoError(t, feed.Begin(t.Context()))
			switched := int64(0)
			for version := int64(2); (switched == 0 || version < switched+30) && version < 200 && !t.Failed(); version++ {
				_, err := db.SQL.ExecContext(t.Context(), `UPDATE products SET version = $1 WHERE sku = 'TEA'`, version)
				require.NoError(t, err)
				require.NoError(t, feed.CatchUp(t.Context()))
				taken.Store(version)
				live, err := feed.Live(t.Context())
				require.NoError(t, err)
				if live.Number != first.Number && switched == 0 {
					switched = version
				}
			}
			stop()
			shoppers.Wait()
			assert.NotZero(t, switched, "the new generation is live")
			assert.Positive(t, read.Load(), "reads")
			_, err = readside.NewProducts(db, feed.Model).Get(t.Context(), "TEA")
			require.NoError(t, err)
		})
	}
}
