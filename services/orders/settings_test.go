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
}
