package catalogtest

import (
	"path"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/postgres"
)

// Categories puts categories into the tree by their paths, each after its parent.
func Categories(t testing.TB, db *postgres.DB, paths ...string) {
	t.Helper()
	for _, p := range paths {
		var parent any
		if path.Dir(p) != "." {
			parent = path.Base(path.Dir(p))
		}
		_, err := db.SQL.ExecContext(t.Context(),
			`INSERT INTO categories (id, name, parent, path, version) VALUES ($1, $1, $2, $3, 1)`, path.Base(p), parent, p)
		require.NoError(t, err)
	}
}
