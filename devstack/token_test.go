package main_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/stretchr/testify/require"
)

type claims struct {
	Subject string `json:"sub"`
	Scope   string `json:"scope"`
	ID      string `json:"jti"`
	Client  string `json:"client_id"`
}

// verify checks the token as a service does: by discovery and the published keys.
func verify(t *testing.T, issuer, token string) claims {
	t.Helper()
	ctx := deadline(t)
	provider, err := oidc.NewProvider(ctx, issuer)
	require.NoError(t, err)
	verified, err := provider.Verifier(&oidc.Config{ClientID: "shop"}).Verify(ctx, token)
	require.NoError(t, err)
	var found claims
	require.NoError(t, verified.Claims(&found))
	require.Equal(t, []string{"shop"}, verified.Audience)
	require.NotEmpty(t, found.ID)
	return found
}

func developmentToken(t *testing.T, issuer string) string {
	t.Helper()
	status, answer := post(t, issuer+"/dev/token", url.Values{"sub": {"alice"}, "scope": {"orders.read orders.write"}, "ttl": {"2h"}}, "", "")
	require.Equal(t, http.StatusOK, status, answer)
	return answer["access_token"].(string)
}

func tokensVerify(t *testing.T, issuer string) {
	t.Helper()
	var document map[string]any
	response, err := http.Get(issuer + "/.well-known/openid-configuration")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal([]byte(readAll(t, response.Body)), &document))
	require.Equal(t, true, document["ordersaga_development_issuer"])

	alice := verify(t, issuer, developmentToken(t, issuer))
	require.Equal(t, "alice", alice.Subject)
	require.Equal(t, "orders.read orders.write", alice.Scope)
	require.Empty(t, alice.Client)

	const secret = "a secret/with:signs"
	form := url.Values{"grant_type": {"client_credentials"}}
	status, answer := post(t, issuer+"/token", form, url.QueryEscape("orders"), url.QueryEscape(secret))
	require.Equal(t, http.StatusOK, status, answer)
	service := verify(t, issuer, answer["access_token"].(string))
	require.Equal(t, "orders", service.Subject)
	require.Equal(t, "orders", service.Client)
	require.Equal(t, "shop.service shop.read", service.Scope)
	require.InDelta(t, 3600, answer["expires_in"], 1)

	narrow := url.Values{"grant_type": {"client_credentials"}, "client_id": {"orders"}, "client_secret": {secret}, "scope": {"shop.read"}}
	status, answer = post(t, issuer+"/token", narrow, "", "")
	require.Equal(t, http.StatusOK, status, answer)
	require.Equal(t, "shop.read", verify(t, issuer, answer["access_token"].(string)).Scope)

	for name, wrong := range map[string]struct {
		field, value, code string
		status             int
	}{
		"secret": {"client_secret", "guess", "invalid_client", http.StatusUnauthorized},
		"client": {"client_id", "nobody", "invalid_client", http.StatusUnauthorized},
		"scope":  {"scope", "shop.read shop.admin", "invalid_scope", http.StatusBadRequest},
		"grant":  {"grant_type", "password", "unsupported_grant_type", http.StatusBadRequest},
	} {
		t.Run("wrong "+name, func(t *testing.T) {
			form := url.Values{}
			for field, values := range narrow {
				form[field] = values
			}
			form.Set(wrong.field, wrong.value)
			status, answer := post(t, issuer+"/token", form, "", "")
			require.Equal(t, wrong.status, status)
			require.Equal(t, wrong.code, answer["error"])
		})
	}
	t.Run("an expired token for trying what refuses it", func(t *testing.T) {
		status, answer := post(t, issuer+"/dev/token", url.Values{"sub": {"alice"}, "ttl": {"-1m"}}, "", "")
		require.Equal(t, http.StatusOK, status)
		provider, err := oidc.NewProvider(deadline(t), issuer)
		require.NoError(t, err)
		_, err = provider.Verifier(&oidc.Config{ClientID: "shop"}).Verify(deadline(t), answer["access_token"].(string))
		require.ErrorContains(t, err, "expired")
	})
}

func post(t *testing.T, address string, form url.Values, user, password string) (int, map[string]any) {
	t.Helper()
	request, err := http.NewRequestWithContext(deadline(t), http.MethodPost, address, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if user != "" {
		request.SetBasicAuth(user, password)
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	var answer map[string]any
	require.NoError(t, json.Unmarshal([]byte(readAll(t, response.Body)), &answer))
	return response.StatusCode, answer
}
