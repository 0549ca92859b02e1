package productsearch_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/services/catalog/internal/catalogtest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/productsearch"
)

func TestPositionsOnlyGrowAndEachChangeIsReadOnce(t *testing.T) {
	db := catalogtest.Database(t)
	changes := productsearch.NewChanges(db)
	head := func() int64 {
		head, err := changes.Head(t.Context())
		require.NoError(t, err)
		return head
	}
	assert.Zero(t, head())
	catalogtest.Store(t, db, "A", "a", 1)
	catalogtest.Store(t, db, "B", "b", 1)
	assert.EqualValues(t, 2, head(), "what has no position yet counts")
	documents, upTo, err := changes.Changes(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Len(t, documents, 2)
	assert.EqualValues(t, 2, upTo)
	_, err = db.SQL.ExecContext(t.Context(), `UPDATE products SET name = 'c' WHERE sku = 'B'`)
	require.NoError(t, err)
	assert.EqualValues(t, 3, head(), "a change of the last one does not move the head back")
	documents, upTo, err = changes.Changes(t.Context(), 2, 10)
	require.NoError(t, err)
	require.Len(t, documents, 1)
	assert.Equal(t, "B", documents[0].ID)
	assert.EqualValues(t, 3, documents[0].Version, "the position is the version")
	assert.EqualValues(t, 3, upTo)
	documents, upTo, err = changes.Changes(t.Context(), 3, 10)
	require.NoError(t, err)
	assert.Empty(t, documents)
	assert.EqualValues(t, 3, upTo)
}

// Writers commit in another order than they began, and several readers give positions at once.
func TestNoChangeIsMissedWhileOthersWrite(t *testing.T) {
	db := catalogtest.Database(t)
	changes := productsearch.NewChanges(db)
	const products, writers, rounds = 20, 4, 40
	for i := range products {
		catalogtest.Store(t, db, fmt.Sprintf("P-%02d", i), "p", 0)
	}
	var writing sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			random := rand.New(rand.NewPCG(uint64(w), 1))
			for range rounds {
				tx, err := db.SQL.BeginTx(context.Background(), nil)
				if !assert.NoError(t, err) {
					return
				}
				first := random.IntN(products - 2)
				for i := first; i < first+3; i++ {
					_, err = tx.Exec(`UPDATE products SET price_amount = price_amount + 1 WHERE sku = $1`, fmt.Sprintf("P-%02d", i))
					assert.NoError(t, err)
				}
				if random.IntN(5) == 0 {
					err = tx.Rollback()
				} else {
					err = tx.Commit()
				}
				assert.NoError(t, err)
			}
		})
	}
	written := make(chan struct{})
	go func() { writing.Wait(); close(written) }()
	var reading sync.WaitGroup
	for range 2 {
		reading.Go(func() {
			prices, at := map[string]int64{}, int64(0)
			for last := false; ; {
				documents, upTo, err := changes.Changes(context.Background(), at, 7)
				if !assert.NoError(t, err) {
					return
				}
				for _, d := range documents {
					assert.Greater(t, d.Version, at)
					var p productsearch.Product
					assert.NoError(t, json.Unmarshal(d.Source, &p))
					prices[p.SKU] = p.Price
				}
				if upTo == at && last {
					break
				}
				at = upTo
				select {
				case <-written:
					last = upTo == at && len(documents) == 0
				default:
				}
			}
			rows, err := db.SQL.Query(`SELECT sku, price_amount FROM products`)
			if !assert.NoError(t, err) {
				return
			}
			defer rows.Close()
			for rows.Next() {
				var sku string
				var price int64
				assert.NoError(t, rows.Scan(&sku, &price))
				assert.Equal(t, price, prices[sku], sku)
			}
			assert.NoError(t, rows.Err())
		})
	}
	reading.Wait()
}

// Stock changes with each order: it is a change of what is found only when there is some again, or
// none any more.
func TestOnlyStockThatComesOrGoesIsAChange(t *testing.T) {
	db := catalogtest.Database(t)
	changes := productsearch.NewChanges(db)
	catalogtest.Store(t, db, "A", "a", 1)
	_, at, err := changes.Changes(t.Context(), 0, 10)
	require.NoError(t, err)
	for version, step := range []struct {
		available int64
		changed   bool
	}{{5, true}, {4, false}, {0, true}, {0, false}, {-1, false}, {2, true}, {1, false}} {
		catalogtest.Stock(t, db, "A", step.available, int64(version)+1)
		documents, upTo, err := changes.Changes(t.Context(), at, 10)
		require.NoError(t, err)
		require.Equal(t, step.changed, upTo > at, "%d units", step.available)
		if at = upTo; step.changed {
			want := productsearch.OutOfStock
			if step.available > 0 {
				want = productsearch.InStock
			}
			assert.Equal(t, []string{want}, documents[0].Keywords[productsearch.Availability])
		}
	}
}
