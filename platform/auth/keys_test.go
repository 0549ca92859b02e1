package auth

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/auth/authtest"
)

// verifierAt verifies with a clock of the test's.
func verifierAt(t *testing.T, issuer *authtest.Issuer) (v *Verifier, pass func(time.Duration)) {
	t.Helper()
	began := time.Now()
	var passed atomic.Int64
	v = newVerifier(issuer.Config().Auth)
	v.now = func() time.Time { return began.Add(time.Duration(passed.Load())) }
	return v, func(d time.Duration) { passed.Add(int64(d)) }
}

func TestAWithdrawnKeyStopsBeingAccepted(t *testing.T) {
	issuer := authtest.New(t)
	v, pass := verifierAt(t, issuer)
	old := issuer.Token(t, "ada")
	_, err := v.Verify(t.Context(), old)
	require.NoError(t, err)
	issuer.Withdraw(t)
	issuer.Rotate(t)
	_, err = v.Verify(t.Context(), old)
	require.NoError(t, err, "for a while")

	// Verified all the time: the keys are renewed beside.
	pass(keysRenewed)
	require.Eventually(t, func() bool {
		_, err := v.Verify(t.Context(), old)
		return err != nil
	}, time.Minute, time.Millisecond, "the withdrawn key is accepted")
	_, err = v.Verify(t.Context(), old)
	require.ErrorIs(t, err, ErrInvalidToken)
	_, err = v.Verify(t.Context(), issuer.Token(t, "ada"))
	require.NoError(t, err)

	// Not verified for long: the first call waits for the new keys.
	other := issuer.Token(t, "ada")
	issuer.Withdraw(t)
	issuer.Rotate(t)
	pass(2 * keysRenewed)
	_, err = v.Verify(t.Context(), other)
	require.ErrorIs(t, err, ErrInvalidToken)
}

func TestKeysServeForAnHourWithoutTheirIssuer(t *testing.T) {
	issuer := authtest.New(t)
	v, pass := verifierAt(t, issuer)
	token := issuer.TokenWith(t, map[string]any{"sub": "ada", "exp": time.Now().Add(24 * time.Hour).Unix()})
	_, err := v.Verify(t.Context(), token)
	require.NoError(t, err)

	issuer.Down.Store(true)
	for passed := time.Duration(0); passed < keysKept-keysRenewed; passed += keysRenewed {
		pass(keysRenewed)
		_, err = v.Verify(t.Context(), token)
		require.NoError(t, err, "after %s", passed+keysRenewed)
	}
	pass(keysRenewed)
	require.Eventually(t, func() bool { // a download that fails may still be under way
		_, err = v.Verify(t.Context(), token)
		return err != nil
	}, time.Minute, time.Millisecond)
	require.ErrorIs(t, err, ErrUnavailable, "a key that may be withdrawn for long proves nothing")

	issuer.Down.Store(false)
	pass(rediscovery)
	_, err = v.Verify(t.Context(), token)
	require.NoError(t, err)
}

func TestATokenOfAKeyThatCannotBeLookedUpIsNotInvalid(t *testing.T) {
	issuer := authtest.New(t)
	v, pass := verifierAt(t, issuer)
	_, err := v.Verify(t.Context(), issuer.Token(t, "ada"))
	require.NoError(t, err)
	issuer.Rotate(t)
	issuer.Down.Store(true)
	pass(keysPause)
	_, err = v.Verify(t.Context(), issuer.Token(t, "ada"))
	require.ErrorIs(t, err, ErrUnavailable)
	require.NotErrorIs(t, err, ErrInvalidToken)
}

func TestNewKeysAreFoundAndMadeUpOnesDoNotFloodTheIssuer(t *testing.T) {
	issuer, forger := authtest.New(t), authtest.New(t)
	v, pass := verifierAt(t, issuer)
	forged := func() {
		t.Helper()
		_, err := v.Verify(t.Context(), forger.TokenWith(t, map[string]any{"iss": issuer.URL}))
		require.ErrorIs(t, err, ErrInvalidToken)
	}
	_, err := v.Verify(t.Context(), issuer.Token(t, "ada"))
	require.NoError(t, err)
	for range 100 {
		forged()
	}
	assert.EqualValues(t, 1, issuer.KeyDownloads.Load())
	pass(keysPause)
	for range 100 {
		forged()
	}
	assert.EqualValues(t, 2, issuer.KeyDownloads.Load())

	issuer.Rotate(t)
	pass(keysPause)
	_, err = v.Verify(t.Context(), issuer.Token(t, "ada"))
	require.NoError(t, err, "a key that is seen for the first time is looked up")
	assert.EqualValues(t, 3, issuer.KeyDownloads.Load())
}

func TestACallThatIsGivenUpDoesNotEndTheDownloadOfOthers(t *testing.T) {
	issuer := authtest.New(t)
	v, _ := verifierAt(t, issuer)
	require.NoError(t, v.Ready(t.Context()))
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := v.Verify(gone, issuer.Token(t, "ada"))
	if err != nil { // the download may have been faster
		require.ErrorIs(t, err, ErrUnavailable)
	}
	_, err = v.Verify(t.Context(), issuer.Token(t, "ada"))
	require.NoError(t, err)
}

// A program sends one token with thousands of calls.
func TestATokenIsVerifiedOnceUntilItExpires(t *testing.T) {
	issuer := authtest.New(t)
	v, pass := verifierAt(t, issuer)
	first, other := issuer.TokenWith(t, map[string]any{"sub": "ada", "exp": time.Now().Add(2 * time.Minute).Unix()}), issuer.Token(t, "bob")
	identity, err := v.Verify(t.Context(), first)
	require.NoError(t, err)

	v.verifier = oidc.NewVerifier(v.issuer.cfg.Issuer, &oidc.StaticKeySet{}, &oidc.Config{ClientID: v.issuer.cfg.Audience})
	again, err := v.Verify(t.Context(), first)
	require.NoError(t, err)
	assert.Equal(t, identity, again)
	_, err = v.Verify(t.Context(), other)
	require.ErrorIs(t, err, ErrInvalidToken, "it was not verified before")
	_, err = v.Verify(t.Context(), first+"x")
	require.ErrorIs(t, err, ErrInvalidToken, "another text is another token")

	pass(time.Minute)
	_, err = v.Verify(t.Context(), first)
	require.NoError(t, err)
	pass(time.Minute)
	_, err = v.Verify(t.Context(), first)
	require.ErrorIs(t, err, ErrInvalidToken, "it has expired")
}
