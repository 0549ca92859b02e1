package bleveindex_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/search"
	"github.com/ordersaga/ordersaga/platform/search/bleveindex"
	"github.com/ordersaga/ordersaga/platform/search/searchtest"
)

func open(t testing.TB, folder string, layout search.Layout) *bleveindex.Engine {
	t.Helper()
	engine, err := bleveindex.Open(folder, layout)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, engine.Close()) })
	return engine
}

func TestInMemory(t *testing.T) {
	searchtest.Run(t, func(t testing.TB, layout search.Layout) search.Engine { return open(t, "", layout) })
}

func TestInAFolder(t *testing.T) {
	searchtest.Run(t, func(t testing.TB, layout search.Layout) search.Engine {
		return open(t, filepath.Join(t.TempDir(), "things"), layout)
	})
}
