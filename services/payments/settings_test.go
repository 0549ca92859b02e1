package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/config"
)

// enough are the settings without which payments does not start.
var enough = []string{
	"DATABASE_URL=postgres://payments:secret@127.0.0.1/payments", "OIDC_ISSUER=https://issuer.example", "OIDC_CLIENT_ID=payments", "OIDC_CLIENT_SECRET=secret", "CURSOR_KEY=0123456789abcdef0123456789abcdef",
	"PAYMENT_METHOD_KEY=0123456789abcdef0123456789abcdef",
	"PAYMENT_PROVIDER_URL=https://provider.example", "PAYMENT_PROVIDER_KEY=secret",
}

func TestTheDefaultsFitEachOther(t *testing.T) {
	s, err := config.LoadFrom[settings](enough)
	require.NoError(t, err)
	assert.Equal(t, 8083, s.Port)
	assert.Greater(t, s.policy().Lease, s.ProviderTimeout, "a lease outlives the call it is for")
	assert.GreaterOrEqual(t, s.policy().LookupDeadline, s.policy().Lease)
	assert.Less(t, 2*s.ProviderTimeout, 10*time.Second, "a request and a lookup fit in a saga's attempt")
}

func TestAWrongSettingIsNamed(t *testing.T) {
	for _, setting := range []string{
		"PAYMENT_PROVIDER_TIMEOUT=1ms", "PAYMENT_PROVIDER_TIMEOUT=1m", "PAYMENT_LOOKUP_DEADLINE=5s", "PAYMENT_RESOLVE_INTERVAL=0s",
		"PAYMENT_OBSERVE_INTERVAL=1ms", "PAYMENT_KEY_LIFETIME=1h",
		"PAYMENT_METHOD_KEY=", "PAYMENT_METHOD_KEY=0123456789abcdef0123456789abcde",
	} {
		_, err := config.LoadFrom[settings](append(enough[:len(enough):len(enough)], setting))
		name, _, _ := strings.Cut(setting, "=")
		require.Error(t, err, setting)
		assert.Contains(t, err.Error(), name)
		assert.NotContains(t, err.Error(), "secret")
	}
	_, err := config.LoadFrom[settings](nil)
	require.Error(t, err)
	for _, name := range []string{"DATABASE_URL", "OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "PAYMENT_PROVIDER_URL", "PAYMENT_PROVIDER_KEY"} {
		assert.Contains(t, err.Error(), name)
	}
}
