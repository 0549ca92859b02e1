// Package oidc is an OpenID Connect issuer for development: real discovery, keys and tokens, and an
// endpoint that gives anyone a token for any subject. Its discovery document marks it as a
// development issuer, so that verifiers can refuse it.
package oidc

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/ordersaga/ordersaga/devstack/internal/config"
	"github.com/ordersaga/ordersaga/devstack/internal/localonly"
)

// Issuer signs access tokens.
type Issuer struct {
	url      string
	audience string
	clients  map[string]config.Client
	key      *rsa.PrivateKey
	public   jose.JSONWebKey

	server *http.Server
}

// Start serves the issuer at host:port. The signing key is in keyFile.
func Start(host, connectHost string, port int, loopback bool, settings config.OIDCConfig, keyFile string) (*Issuer, error) {
	key, err := loadKey(keyFile)
	if err != nil {
		return nil, err
	}
	public, err := publicKey(key)
	if err != nil {
		return nil, fmt.Errorf("naming the signing key: %w", err)
	}
	issuer := &Issuer{
		url: "http://" + net.JoinHostPort(connectHost, strconv.Itoa(port)), audience: settings.Audience,
		clients: map[string]config.Client{}, key: key, public: public,
	}
	for _, client := range settings.Clients {
		issuer.clients[client.ID] = client
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return nil, fmt.Errorf("starting the token issuer: %w", err)
	}
	issuer.server = &http.Server{
		Handler: localonly.Handler(loopback, issuer.routes()), ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second,
		IdleTimeout: time.Minute, MaxHeaderBytes: 64 << 10,
	}
	go func() {
		_ = issuer.server.Serve(listener) // ends with Stop
	}()
	return issuer, nil
}

// URL returns the issuer's URL, as in tokens.
func (i *Issuer) URL() string { return i.url }

// Stop waits for open requests and closes.
func (i *Issuer) Stop(grace time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if err := i.server.Shutdown(ctx); errors.Is(err, context.DeadlineExceeded) {
		_ = i.server.Close()
	}
}

func (i *Issuer) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", i.discovery)
	mux.HandleFunc("GET /jwks", i.keys)
	mux.HandleFunc("POST /token", i.token)
	mux.HandleFunc("POST /dev/token", i.devToken)
	const largestBody = 16 << 10
	return http.MaxBytesHandler(mux, largestBody)
}

func (i *Issuer) discovery(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{
		"issuer":                                i.url,
		"jwks_uri":                              i.url + "/jwks",
		"token_endpoint":                        i.url + "/token",
		"grant_types_supported":                 []string{"client_credentials"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post"},
		"response_types_supported":              []string{"token"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{i.public.Algorithm},
		"ordersaga_development_issuer":          true,
	})
}

func (i *Issuer) keys(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{i.public}})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client may have disconnected
}
