// Package authtest has an OpenID Connect issuer for tests: a real HTTP server with discovery, keys
// and a token endpoint, in the test's process.
package authtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"

	"github.com/ordersaga/ordersaga/platform/config"
)

// Audience of the tokens.
const Audience = "ordersaga"

// The credentials the token endpoint accepts.
const (
	ClientID     = "test-service"
	ClientSecret = "test-secret"
)

// Issuer is a running issuer.
type Issuer struct {
	URL string

	// Development marks the issuer as a development issuer.
	Development atomic.Bool
	// Down makes every answer a 503.
	Down atomic.Bool
	// TokenLife is the lifetime of the token endpoint's tokens, in seconds.
	TokenLife atomic.Int64
	// KeyDownloads and TokensGiven count requests.
	KeyDownloads, TokensGiven atomic.Int64

	server *httptest.Server
	mu     sync.Mutex
	keys   []*ecdsa.PrivateKey
	// withdrawn keys, by their place in keys.
	withdrawn map[int]bool
}

// New starts an issuer on plain HTTP. It stops at the end of the test.
func New(t testing.TB) *Issuer { return start(t, httptest.NewUnstartedServer(nil), false) }

// NewTLS starts an issuer on HTTPS with the certificate of httptest.
func NewTLS(t testing.TB) *Issuer { return start(t, httptest.NewUnstartedServer(nil), true) }

func start(t testing.TB, server *httptest.Server, tls bool) *Issuer {
	t.Helper()
	i := &Issuer{server: server, withdrawn: map[int]bool{}}
	i.TokenLife.Store(3600)
	i.Rotate(t)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", i.discovery)
	mux.HandleFunc("GET /jwks", i.jwks)
	mux.HandleFunc("POST /token", i.token)
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if i.Down.Load() {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		mux.ServeHTTP(w, r)
	})
	if tls {
		server.StartTLS()
	} else {
		server.Start()
	}
	i.URL = server.URL
	t.Cleanup(server.Close)
	return i
}

// Client returns a client that trusts a TLS issuer's certificate.
func (i *Issuer) Client() *http.Client { return i.server.Client() }

// Config returns a program's settings for this issuer, in development.
func (i *Issuer) Config() config.Client {
	return config.Client{
		Auth:     config.Auth{Issuer: i.URL, Audience: Audience, Environment: config.Development},
		ClientID: ClientID, ClientSecret: ClientSecret,
	}
}

// Rotate adds a new key and signs with it from now on.
func (i *Issuer) Rotate(t testing.TB) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatalf("make a key: %v", err)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = append(i.keys, key)
}

// Withdraw removes the current key from the published keys. It still signs until Rotate.
func (i *Issuer) Withdraw(t testing.TB) {
	t.Helper()
	i.mu.Lock()
	defer i.mu.Unlock()
	i.withdrawn[len(i.keys)-1] = true
}

// Token makes a token for a subject, valid for an hour.
func (i *Issuer) Token(t testing.TB, subject string, scopes ...string) string {
	t.Helper()
	return i.TokenWith(t, map[string]any{"sub": subject, "scope": strings.Join(scopes, " ")})
}

// TokenWith makes a token with the test's claims; nil removes a claim.
func (i *Issuer) TokenWith(t testing.TB, claims map[string]any) string {
	t.Helper()
	all := jwt.MapClaims{
		"iss": i.URL, "aud": Audience, "sub": "somebody",
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
	}
	maps.Copy(all, claims)
	maps.DeleteFunc(all, func(_ string, value any) bool { return value == nil })
	signed, err := i.sign(all)
	if err != nil {
		t.Fatalf("sign a token: %v", err)
	}
	return signed
}

func (i *Issuer) sign(claims jwt.MapClaims) (string, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	token := jwt.NewWithClaims(jwt.SigningMethodES256, claims)
	token.Header["kid"] = strconv.Itoa(len(i.keys) - 1)
	return token.SignedString(i.keys[len(i.keys)-1])
}

func (i *Issuer) discovery(w http.ResponseWriter, _ *http.Request) {
	document := map[string]any{
		"issuer": i.URL, "jwks_uri": i.URL + "/jwks", "token_endpoint": i.URL + "/token",
		"authorization_endpoint":                i.URL + "/authorize",
		"id_token_signing_alg_values_supported": []string{"ES256", "HS256", "none"},
	}
	if i.Development.Load() {
		document["ordersaga_development_issuer"] = true
	}
	answer(w, document)
}

func (i *Issuer) jwks(w http.ResponseWriter, _ *http.Request) {
	i.KeyDownloads.Add(1)
	i.mu.Lock()
	defer i.mu.Unlock()
	var set jose.JSONWebKeySet
	for id, key := range i.keys {
		if i.withdrawn[id] {
			continue
		}
		set.Keys = append(set.Keys, jose.JSONWebKey{
			Key: &key.PublicKey, KeyID: strconv.Itoa(id), Algorithm: "ES256", Use: "sig",
		})
	}
	answer(w, set)
}

func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	if id != ClientID || secret != ClientSecret || r.FormValue("grant_type") != "client_credentials" {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"error":"invalid_client","error_description":"` + secret + `"}`))
		return
	}
	i.TokensGiven.Add(1)
	life := i.TokenLife.Load()
	token, err := i.sign(jwt.MapClaims{
		"iss": i.URL, "aud": Audience, "sub": id, "scope": r.FormValue("scope"), "jti": rand.Text(),
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Duration(life) * time.Second).Unix(),
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(w, map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": life})
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}
