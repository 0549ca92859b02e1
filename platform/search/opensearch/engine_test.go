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

func open(t testing.TB, layout search.Layout, server func(t testing.TB) (url, prefix string)) search.Engine {
	t.Helper()
	url, prefix := server(t)
	engine, err := opensearch.New(url, prefix+"things", layout)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, engine.Close()) })
	return engine
}

func TestOnAServer(t *testing.T) {
	for name, server := range map[string]func(t testing.TB) (url, prefix string){
		"OpenSearch": testkit.OpenSearch, "Elasticsearch": testkit.Elasticsearch,
	} {
		t.Run(name, func(t *testing.T) {
			searchtest.Run(t, func(t testing.TB, layout search.Layout) search.Engine { return open(t, layout, server) })
		})
	}
}
