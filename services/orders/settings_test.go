package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/config"
)

func TestEachMissingSettingIsALineThatNamesIt(t *testing.T) {
	_, err := config.LoadFrom[settings](nil)
	for _, name := range []string{"DATABASE_URL", "MONGODB_URI", "AMQP_URL", "OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"} {
		require.ErrorContains(t, err, name+" is required")
	}
}

func TestSettingsHaveDefaultsAndBounds(t *testing.T) {
	given := []string{
		"DATABASE_URL=postgres://o:secret@db:5432/orders", "MONGODB_URI=mongodb://m:27017/", "AMQP_URL=amqp://o:secret@r:5672/",
		"OIDC_ISSUER=https://issuer.example", "OIDC_CLIENT_ID=orders", "OIDC_CLIENT_SECRET=secret",
		"CURSOR_KEY=0123456789abcdef0123456789abcdef", "PERSONAL_DATA_KEY=0123456789abcdef0123456789abcdef",
	}
	cfg, err := config.LoadFrom[settings](given)
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:8080", cfg.Address())
	require.Equal(t, "127.0.0.1:9080", cfg.GRPCAddress())
	require.Equal(t, sagas.TaskQueue, cfg.TaskQueue)
	require.Equal(t, "orders", cfg.MongoDBDatabase)

	_, err = config.LoadFrom[settings](append(given, "AMQP_URL=http://o:secret@r"))
	require.ErrorContains(t, err, "AMQP_URL")
	require.NotContains(t, err.Error(), "secret")

	// Whoever can forge a cursor is shown what no list leads to.
	_, err = config.LoadFrom[settings](append(given, "CURSOR_KEY="))
	require.ErrorContains(t, err, "CURSOR_KEY is required in production")
	_, err = config.LoadFrom[settings](append(given, "PERSONAL_DATA_KEY="))
	require.ErrorContains(t, err, "PERSONAL_DATA_KEY is required in production")
	_, err = config.LoadFrom[settings](append(given, "PERSONAL_DATA_KEY=hunter2"))
	require.ErrorContains(t, err, "PERSONAL_DATA_KEY must have at least 32 characters")
	_, err = config.LoadFrom[settings](append(given, "CURSOR_KEY=hunter2"))
	require.ErrorContains(t, err, "CURSOR_KEY must have at least 32 characters")
	require.NotContains(t, err.Error(), "hunter2")
	_, err = config.LoadFrom[settings](append(given, "CURSOR_KEY=", "ORDERSAGA_ENV=development"))
	require.NoError(t, err)
}
