package postgres_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/testkit"
)

func TestADatabaseThatLacksWhatIsNeededIsRefusedWithALineThatSaysSo(t *testing.T) {
	_, err := postgres.Open(t.Context(), testkit.PostgresWith(t, "TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'"))
	require.ErrorContains(t, err, "DATABASE_URL: PostgreSQL ")
	require.ErrorContains(t, err, "its encoding is LATIN1; CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8'")

	databaseURL := testkit.Postgres(t)
	parsed, err := url.Parse(databaseURL)
	require.NoError(t, err)
	query := parsed.Query()
	query.Set("search_path", "nowhere")
	parsed.RawQuery = query.Encode()
	_, err = postgres.Open(t.Context(), parsed.String())
	require.ErrorContains(t, err, "there is no schema on the role's search_path; create schema public, or set search_path")
	assert.NotContains(t, err.Error(), "\n", "one line")
}

func TestNothingDependsOnTheDefaultsOfTheDatabase(t *testing.T) {
	db := open(t, testkit.Postgres(t))
	for setting, want := range map[string]string{
		"timezone": "UTC", "datestyle": "ISO, YMD", "intervalstyle": "postgres", "transaction_isolation": "read committed", "client_encoding": "UTF8",
	} {
		var is string
		require.NoError(t, db.SQL.QueryRowContext(t.Context(), `SELECT current_setting($1)`, setting).Scan(&is))
		assert.Equal(t, want, is, setting)
	}
}
