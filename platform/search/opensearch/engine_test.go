package opensearch_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/search"
	"github.com/ordersaga/ordersaga/platform/search/opensearch"
	"github.com/ordersaga/ordersaga/platform/search/searchtest"
	"github.com/ordersaga/ordersaga/platform/testkit"
)

func open(t testing.TB, layout search.Layout) *opensearch.Engine {
	t.Helper()
	url, prefix := testkit.OpenSearch(t)
	engine, err := opensearch.New(url, prefix+"things", layout)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, engine.Close()) })
	return engine
}

func TestOnAServer(t *testing.T) {
	searchtest.Run(t, func(t testing.TB, layout search.Layout) search.Engine { return open(t, layout) })
}
