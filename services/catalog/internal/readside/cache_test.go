package readside_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/broker"
	"github.com/ordersaga/ordersaga/platform/cache"
	"github.com/ordersaga/ordersaga/platform/cache/memory"
	"github.com/ordersaga/ordersaga/platform/cache/redis"
	"github.com/ordersaga/ordersaga/platform/mongodb"
	"github.com/ordersaga/ordersaga/platform/readmodel"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/services/catalog/internal/catalogtest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/productsearch"
	"github.com/ordersaga/ordersaga/services/catalog/internal/readside"
)

// stores are those of two instances.
var stores = map[string]func(t testing.TB) (one, other cache.Store){
	"in_process": func(testing.TB) (one, other cache.Store) {
		store := memory.New(1<<20, time.Minute)
		return store, store
	},
	"in_Redis": func(t testing.TB) (one, other cache.Store) {
		server, prefix := testkit.StartRedis(t), uuid.NewString()
		open := func() cache.Store {
			store, err := redis.New(server.URL(), prefix, 10*time.Second)
			require.NoError(t, err)
			t.Cleanup(func() { _ = store.Close() })
			return store
		}
		return open(), open()
	},
}

// Shoppers read on two instances while a product and its stock change. Nobody is shown less than what
// the read side had taken over before the request.
func TestNoProductIsOlderThanTheLastChangeThatWasTakenOver(t *testing.T) {
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			db := catalogtest.Database(t)
			uri, database := testkit.MongoDB(t)
			documents, err := mongodb.Open(t.Context(), uri, database)
			require.NoError(t, err)
			t.Cleanup(func() { _ = mongodb.Close(context.Background(), documents) })
			model := readmodel.New(readside.Definition, db, documents)
			require.NoError(t, model.Prepare(t.Context()))

			var instances []*readside.Products
			var feeds []*readside.Feed
			var stocks []broker.Consumer
			one, other := open(t)
			for _, in := range []cache.Store{one, other} {
				products, feed := readside.NewProducts(db, model), readside.NewFeed(db, model)
				products.Cache(in, feed)
				instances, feeds = append(instances, products), append(feeds, feed)
				stocks = append(stocks, productsearch.KeepStock(db, products.StockChanged))
			}
			_, err = instances[1].Get(t.Context(), "TEA")
			require.ErrorIs(t, err, readside.ErrNotFound)
			_, err = db.SQL.ExecContext(t.Context(), `
				INSERT INTO products (sku, name, description, price_amount, currency, active, version, created_at, updated_at)
				VALUES ('TEA', 'Tea', '', 100, 'GBP', true, 1, now(), now())`)
			require.NoError(t, err)

			var taken atomic.Int64
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			var shoppers sync.WaitGroup
			for i := range 4 {
				shoppers.Go(func() {
					for ctx.Err() == nil {
						least := taken.Load()
						product, err := instances[i%2].Get(ctx, "TEA")
						if ctx.Err() != nil || least == 0 {
							continue
						}
						if !assert.NoError(t, err) || !assert.GreaterOrEqual(t, product.Version, least) ||
							!assert.NotNil(t, product.Stock) || !assert.GreaterOrEqual(t, product.Stock.Version, least) {
							return
						}
					}
				})
			}
			for version := int64(1); version <= 30 && !t.Failed(); version++ {
				_, err := db.SQL.ExecContext(t.Context(), `UPDATE products SET version = $1 WHERE sku = 'TEA'`, version)
				require.NoError(t, err)
				require.NoError(t, feeds[version%2].CatchUp(t.Context()))
				require.NoError(t, stocks[version%2].HandleBatch(t.Context(), []cloudevents.Event{catalogtest.StockedAt(t, "TEA", version, version)}))
				taken.Store(version)
			}
			stop()
			shoppers.Wait()

			direct, err := readside.NewProducts(db, model).Get(t.Context(), "TEA")
			require.NoError(t, err)
			for _, instance := range instances {
				product, err := instance.Get(t.Context(), "TEA")
				require.NoError(t, err)
				assert.Equal(t, direct, product, "as the read side has it")
			}
			live, err := model.Live(t.Context())
			require.NoError(t, err)
			require.NoError(t, model.Collection(live).Drop(t.Context()))
			_, err = db.SQL.ExecContext(t.Context(), `DELETE FROM availability`)
			require.NoError(t, err)
			product, err := instances[1].Get(t.Context(), "TEA")
			require.NoError(t, err, "it is answered by the cache")
			assert.Equal(t, direct, product)
		})
	}
}
