package catalogtest

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/search"
	"github.com/ordersaga/ordersaga/platform/search/engines"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/services/catalog/internal/productsearch"
)

// Search is an index in this process that follows the products of a database. Caught waits until it
// has all changes.
func Search(t testing.TB, db *postgres.DB) (index *search.Index, caught func()) {
	t.Helper()
	engine, err := engines.Settings{}.Open(productsearch.Schema)
	require.NoError(t, err)
	index = search.New(productsearch.Schema, engine)
	feed := search.NewFeed(index, productsearch.NewChanges(db), nil)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { assert.NoError(t, feed.Run(ctx)) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
		assert.NoError(t, engine.Close())
	})
	return index, func() {
		t.Helper()
		feed.Wake()
		testkit.Eventually(t, "the search index to have all changes", func() bool {
			p, err := feed.Progress(t.Context())
			return err == nil && p.Live != "" && p.Position >= p.Head
		})
	}
}

// Store puts a product into the database, as a command would.
func Store(t testing.TB, db *postgres.DB, sku, name string, price int64) {
	t.Helper()
	_, err := db.SQL.ExecContext(t.Context(), `
		INSERT INTO products (sku, name, description, price_amount, currency, active, version, created_at, updated_at)
		VALUES ($1, $2, '', $3, 'GBP', true, 1, clock_timestamp(), clock_timestamp())`, sku, name, price)
	require.NoError(t, err)
}
