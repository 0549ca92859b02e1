package migrations_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/services/orders/migrations"
)

func TestKeysSortAlikeInEveryDatabase(t *testing.T) {
	db, err := postgres.Open(t.Context(), testkit.Postgres(t))
	require.NoError(t, err)
	defer db.Close()
	require.NoError(t, postgres.Migrate(t.Context(), db, migrations.All...))
	testkit.TextKeysAreBytewise(t, db.SQL)
}
