// Package apitest serves the REST and gRPC APIs of a test on loopback, and calls them.
package apitest

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/rpc"
	"github.com/ordersaga/ordersaga/platform/testkit"
)

// patience bounds one call.
const patience = time.Minute

// Verifier verifies the tokens of the test engines' issuer.
func Verifier(t testing.TB) *auth.Verifier {
	t.Helper()
	verifier, err := auth.NewVerifier(t.Context(), testkit.Auth(t))
	require.NoError(t, err)
	return verifier
}

// REST serves the operations that route adds, and returns their URL.
func REST(t testing.TB, route func(api *rest.API)) string {
	t.Helper()
	api := rest.New(rest.Config{Info: rest.Info{Title: "Test", Version: "test"}, Verifier: Verifier(t)})
	route(api)
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	return server.URL
}

// GRPC serves a service, and connects to it with a token.
func GRPC(t testing.TB, service rpc.Service, token string) *grpc.ClientConn {
	t.Helper()
	server, err := rpc.NewServer(Verifier(t), rpc.ServerSettings{}, service)
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		assert.NoError(t, <-served)
	})
	connection, err := rpc.Dial(listener.Addr().String(), Bearer(token))
	require.NoError(t, err)
	t.Cleanup(func() { _ = connection.Close() })
	return connection
}

// Bearer is a token that gRPC calls carry.
type Bearer string

// GetRequestMetadata implements credentials.PerRPCCredentials.
func (b Bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(b)}, nil
}

// RequireTransportSecurity implements credentials.PerRPCCredentials.
func (Bearer) RequireTransportSecurity() bool { return false }

// Answer of a REST API.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Into decodes the body.
func (a Answer) Into(t testing.TB, target any) {
	t.Helper()
	require.NoError(t, json.Unmarshal(a.Body, target), "%s", a.Body)
}

// Problem is the body of an answer that refuses.
func (a Answer) Problem(t testing.TB) *rest.Problem {
	t.Helper()
	require.Equal(t, "application/problem+json", a.Header.Get("Content-Type"), "%d %s", a.Status, a.Body)
	problem := new(rest.Problem)
	a.Into(t, problem)
	return problem
}

// ProblemType is the last part of the type of the problem that was answered, "" for none.
func (a Answer) ProblemType(t testing.TB) string {
	t.Helper()
	if a.Header.Get("Content-Type") != "application/problem+json" {
		return ""
	}
	problem := a.Problem(t).Type
	return problem[strings.LastIndex(problem, "/")+1:]
}

// Ask sends a request with a token, unless it is empty, and a body of JSON, unless that is. Headers
// are pairs of name and value; those without a value are not sent.
func Ask(t testing.TB, token, method, url, body string, headers ...string) Answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	require.NoError(t, err)
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i+1] != "" {
			request.Header.Set(headers[i], headers[i+1])
		}
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return Answer{Status: response.StatusCode, Header: response.Header, Body: content}
}
