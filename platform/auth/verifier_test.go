package auth_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/auth/authtest"
	"github.com/ordersaga/ordersaga/platform/config"
)

func newVerifier(t *testing.T, cfg config.Auth) *auth.Verifier {
	t.Helper()
	v, err := auth.NewVerifier(t.Context(), cfg)
	require.NoError(t, err)
	return v
}

func TestATokenOfTheIssuerIsItsSubjectWithItsScopes(t *testing.T) {
	issuer := authtest.New(t)
	v := newVerifier(t, issuer.Config().Auth)
	for name, claims := range map[string]map[string]any{
		"scope as text": {"sub": "ada", "scope": "openid ordersaga.operator"},
		"scp as text":   {"sub": "ada", "scp": "openid ordersaga.operator"},
		"scp as list":   {"sub": "ada", "scp": []string{"openid", "ordersaga.operator"}},
	} {
		t.Run(name, func(t *testing.T) {
			identity, err := v.Verify(t.Context(), issuer.TokenWith(t, claims))
			require.NoError(t, err)
			assert.Equal(t, "ada", identity.Subject)
			assert.True(t, identity.Has(auth.ScopeOperator))
			assert.False(t, identity.Has(auth.ScopeService))
		})
	}
}

func TestATokenThatProvesNothingIsInvalid(t *testing.T) {
	issuer, other := authtest.New(t), authtest.New(t)
	v := newVerifier(t, issuer.Config().Auth)
	good := issuer.Token(t, "ada")
	shared, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": "ada", "iss": issuer.URL, "aud": authtest.Audience, "exp": time.Now().Add(time.Hour).Unix()}).SignedString([]byte("guess"))
	require.NoError(t, err)
	unsigned, err := jwt.NewWithClaims(jwt.SigningMethodNone, jwt.MapClaims{"sub": "ada", "iss": issuer.URL, "aud": authtest.Audience, "exp": time.Now().Add(time.Hour).Unix()}).SignedString(jwt.UnsafeAllowNoneSignatureType)
	require.NoError(t, err)
	for name, token := range map[string]string{
		"nothing":                 "",
		"no token":                "hello",
		"other audience":          issuer.TokenWith(t, map[string]any{"aud": "somebody-else"}),
		"no audience":             issuer.TokenWith(t, map[string]any{"aud": nil}),
		"expired":                 issuer.TokenWith(t, map[string]any{"exp": time.Now().Add(-time.Second).Unix()}),
		"without expiry":          issuer.TokenWith(t, map[string]any{"exp": nil}),
		"not yet good":            issuer.TokenWith(t, map[string]any{"nbf": time.Now().Add(time.Hour).Unix()}),
		"without subject":         issuer.TokenWith(t, map[string]any{"sub": nil}),
		"too long a subject":      issuer.TokenWith(t, map[string]any{"sub": strings.Repeat("a", 256)}),
		"a NUL in its subject":    issuer.TokenWith(t, map[string]any{"sub": "ada\x00"}),
		"a subject turned around": issuer.TokenWith(t, map[string]any{"sub": "ada\u202eroot"}),
		"a subject nobody sees":   issuer.TokenWith(t, map[string]any{"sub": "\u200b"}),
		"other issuer":            other.Token(t, "ada"),
		"other issuer lying":      other.TokenWith(t, map[string]any{"iss": issuer.URL}),
		"changed":                 good[:len(good)-8] + "AAAAAAAA",
		"shared secret":           shared,
		"no signature":            unsigned,
		"far too long":            strings.Repeat("a", 17<<10),
		"three parts of nonsense": "e30.e30.e30",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := v.Verify(t.Context(), token)
			require.ErrorIs(t, err, auth.ErrInvalidToken)
			require.NotErrorIs(t, err, auth.ErrUnavailable)
			if token != "" {
				assert.NotContains(t, err.Error(), token, "a token is not echoed")
			}
		})
	}
}

func TestWhyATokenIsRefusedIsInTheLog(t *testing.T) {
	issuer, other := authtest.New(t), authtest.New(t)
	v := newVerifier(t, issuer.Config().Auth)
	before := slog.Default()
	t.Cleanup(func() { slog.SetDefault(before) })
	for reason, token := range map[string]string{
		`expected audience \"ordersaga\" got [\"somebody-else\"]`: issuer.TokenWith(t, map[string]any{"aud": "somebody-else"}),
		"issued by a different provider":                          issuer.TokenWith(t, map[string]any{"iss": other.URL}),
		"token is expired":                                        issuer.TokenWith(t, map[string]any{"exp": time.Now().Add(-time.Minute).Unix()}),
		"no key of the issuer matches the signature":              other.TokenWith(t, map[string]any{"iss": issuer.URL}),
		"malformed jwt":                                           strings.Repeat("hello ", 1000),
	} {
		var logged bytes.Buffer
		slog.SetDefault(slog.New(slog.NewJSONHandler(&logged, nil)))
		_, err := v.Verify(t.Context(), token)
		require.ErrorIs(t, err, auth.ErrInvalidToken)
		assert.Contains(t, logged.String(), `"level":"INFO","msg":"token refused"`)
		assert.Contains(t, logged.String(), reason)
		assert.NotContains(t, logged.String(), token)
		assert.Less(t, logged.Len(), 600, "bounded")
	}
}

func TestAServiceStartsBeforeItsIssuer(t *testing.T) {
	issuer := authtest.New(t)
	issuer.Down.Store(true)
	v := newVerifier(t, issuer.Config().Auth)
	_, err := v.Verify(t.Context(), issuer.Token(t, "ada"))
	require.ErrorIs(t, err, auth.ErrUnavailable)
	assert.NotContains(t, err.Error(), "\n", "one line")
	require.ErrorIs(t, v.Ready(t.Context()), auth.ErrUnavailable)
	assert.NotErrorIs(t, err, auth.ErrInvalidToken, "the caller may be anybody")

	issuer.Down.Store(false)
	require.Eventually(t, func() bool { return v.Ready(t.Context()) == nil }, time.Minute, 50*time.Millisecond,
		"the verifier does not find the issuer that came up")
	_, err = v.Verify(t.Context(), issuer.Token(t, "ada"))
	require.NoError(t, err)
}

func TestAnIssuerThatHangsHoldsNobodyLongerThanTheyWait(t *testing.T) {
	release := make(chan struct{})
	hanging := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	t.Cleanup(hanging.Close)
	t.Cleanup(func() { close(release) })
	v := newVerifier(t, config.Auth{Issuer: hanging.URL, Audience: authtest.Audience, Environment: config.Development})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	begun := time.Now()
	_, err := v.Verify(ctx, "e30.e30.e30")
	require.ErrorIs(t, err, auth.ErrUnavailable)
	assert.Less(t, time.Since(begun), 4*time.Second, "it waits for the issuer")
}

func TestKeysThatCannotBeLookedUpProveNothing(t *testing.T) {
	issuer := authtest.New(t)
	v := newVerifier(t, issuer.Config().Auth)
	issuer.Down.Store(true)
	_, err := v.Verify(t.Context(), issuer.Token(t, "ada"))
	require.ErrorIs(t, err, auth.ErrUnavailable)
	issuer.Down.Store(false)
	// go-oidc lets a caller that comes at the same moment share the failure.
	require.Eventually(t, func() bool {
		_, err := v.Verify(t.Context(), issuer.Token(t, "ada"))
		require.NotErrorIs(t, err, auth.ErrInvalidToken)
		return err == nil
	}, time.Minute, 5*time.Millisecond, "the keys are not found although the issuer is back")
}

func TestADevelopmentIssuerIsRefusedInProduction(t *testing.T) {
	issuer := authtest.NewTLS(t)
	issuer.Development.Store(true)
	trust(t, issuer)
	production := issuer.Config().Auth
	production.Environment = config.Production

	_, err := auth.NewVerifier(t.Context(), production)
	require.ErrorIs(t, err, auth.ErrDevelopmentIssuer)
	assert.NotContains(t, err.Error(), "\n", "one line")

	// It may also come up after the start; it is refused all the same.
	issuer.Down.Store(true)
	v := newVerifier(t, production)
	issuer.Down.Store(false)
	require.Eventually(t, func() bool {
		_, err := v.Verify(t.Context(), issuer.Token(t, "ada", auth.ScopeOperator))
		require.Error(t, err, "a development token was accepted in production")
		return errors.Is(err, auth.ErrDevelopmentIssuer)
	}, time.Minute, 50*time.Millisecond, "the development issuer that came up late is not refused")
	require.ErrorIs(t, v.Ready(t.Context()), auth.ErrDevelopmentIssuer)

	newVerifier(t, issuer.Config().Auth) // development takes it

	issuer.Development.Store(false)
	v = newVerifier(t, production)
	_, err = v.Verify(t.Context(), issuer.Token(t, "ada"))
	require.NoError(t, err)
}

func TestAPlainIssuerIsRefusedInProduction(t *testing.T) {
	issuer := authtest.New(t)
	production := issuer.Config().Auth
	production.Environment = config.Production
	_, err := auth.NewVerifier(t.Context(), production)
	require.ErrorContains(t, err, "OIDC_ISSUER must be an https URL in production")
}

// trust makes the process' default transport accept a TLS issuer.
func trust(t *testing.T, issuer *authtest.Issuer) {
	t.Helper()
	before := http.DefaultTransport
	http.DefaultTransport = issuer.Client().Transport
	t.Cleanup(func() { http.DefaultTransport = before })
}
