package auth

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/auth/authtest"
)

func authorization(t *testing.T, tokens *serviceTokens) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	metadata, err := tokens.GetRequestMetadata(ctx)
	return metadata["authorization"], err
}

func newTokens(t *testing.T, issuer *authtest.Issuer) *serviceTokens {
	t.Helper()
	return ServiceTokens(t.Context(), issuer.Config()).(*serviceTokens)
}

func TestOneServiceTokenServesManyCalls(t *testing.T) {
	issuer := authtest.New(t)
	tokens := newTokens(t, issuer)
	var calls sync.WaitGroup
	for range 20 {
		calls.Go(func() {
			_, err := authorization(t, tokens)
			assert.NoError(t, err)
		})
	}
	calls.Wait()
	assert.Equal(t, int64(1), issuer.TokensGiven.Load())

	v, err := NewVerifier(t.Context(), issuer.Config().Auth)
	require.NoError(t, err)
	header, err := authorization(t, tokens)
	require.NoError(t, err)
	identity, err := v.Verify(t.Context(), header[len("Bearer "):])
	require.NoError(t, err)
	assert.Equal(t, Identity{Subject: authtest.ClientID, Client: authtest.ClientID, Scopes: []string{ScopeService}}, identity)
}

func TestAServiceTokenIsRenewedBeforeItExpiresWhileTheOldOneServes(t *testing.T) {
	issuer := authtest.New(t)
	issuer.TokenLife.Store(1000)
	tokens := newTokens(t, issuer)
	now := time.Now()
	tokens.now = func() time.Time { return now }
	first, err := authorization(t, tokens)
	require.NoError(t, err)

	now = now.Add(700 * time.Second)
	same, err := authorization(t, tokens)
	require.NoError(t, err)
	assert.Equal(t, first, same, "three quarters of its life are not over")

	now = now.Add(100 * time.Second)
	require.Eventually(t, func() bool {
		header, err := authorization(t, tokens)
		require.NoError(t, err)
		return header != first
	}, time.Minute, 5*time.Millisecond, "the token was not renewed")
}

func TestATokenThatCannotBeRenewedServesToItsEnd(t *testing.T) {
	issuer := authtest.New(t)
	issuer.TokenLife.Store(1000)
	tokens := newTokens(t, issuer)
	now := time.Now()
	tokens.now = func() time.Time { return now }
	first, err := authorization(t, tokens)
	require.NoError(t, err)

	issuer.Down.Store(true)
	now = now.Add(900 * time.Second)
	same, err := authorization(t, tokens)
	require.NoError(t, err)
	assert.Equal(t, first, same)

	now = now.Add(200 * time.Second)
	_, err = authorization(t, tokens)
	require.ErrorIs(t, err, ErrUnavailable)

	issuer.Down.Store(false)
	_, err = authorization(t, tokens)
	require.NoError(t, err)
}

func TestWrongCredentialsAreNotEchoed(t *testing.T) {
	issuer := authtest.New(t)
	cfg := issuer.Config()
	cfg.ClientSecret = "hunter2"
	_, err := authorization(t, ServiceTokens(t.Context(), cfg).(*serviceTokens))
	require.ErrorIs(t, err, ErrUnavailable)
	assert.NotContains(t, err.Error(), "hunter2")
	assert.Contains(t, err.Error(), authtest.ClientID)
}
