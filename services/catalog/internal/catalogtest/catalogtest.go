// Package catalogtest builds the world of a slice's test: stores of its own on the real engines,
// and the REST border to hang the slice on.
package catalogtest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/config"
	"github.com/ordersaga/ordersaga/platform/mongodb"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/services/catalog/internal/readside"
	"github.com/ordersaga/ordersaga/services/catalog/migrations"
)

// patience bounds one request of a test.
const patience = 30 * time.Second

// Database is an empty catalog in PostgreSQL.
func Database(t testing.TB) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), testkit.Postgres(t))
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	require.NoError(t, postgres.Migrate(t.Context(), db, migrations.All...))
	return db
}

// ReadSide is an empty read side.
func ReadSide(t testing.TB) *readside.Products {
	t.Helper()
	uri, name := testkit.MongoDB(t)
	db, err := mongodb.Open(t.Context(), uri, name)
	require.NoError(t, err)
	t.Cleanup(func() { _ = mongodb.Close(context.Background(), db) })
	return readside.NewProducts(db)
}

// Auth trusts the development issuer.
func Auth(t testing.TB) config.Auth {
	return config.Auth{Issuer: testkit.Issuer(t), Audience: "ordersaga", Environment: config.Development}
}

// Verifier verifies the development issuer's tokens.
func Verifier(t testing.TB) *auth.Verifier {
	t.Helper()
	verifier, err := auth.NewVerifier(t.Context(), Auth(t))
	require.NoError(t, err)
	return verifier
}

// Operator is a token that may change products.
func Operator(t testing.TB) string { return testkit.Token(t, "operator", auth.ScopeOperator) }

// Shopper is a token that may only look.
func Shopper(t testing.TB) string { return testkit.Token(t, "shopper") }

// Bearer is a token that gRPC calls carry.
type Bearer string

// GetRequestMetadata implements credentials.PerRPCCredentials.
func (b Bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(b)}, nil
}

// RequireTransportSecurity implements credentials.PerRPCCredentials.
func (Bearer) RequireTransportSecurity() bool { return false }

// REST is a REST border, with the slice that route adds, behind a real listener.
func REST(t testing.TB, route func(api *rest.API)) *Client {
	t.Helper()
	api := rest.New(rest.Config{Info: rest.Info{Title: "Test", Version: "test"}, Verifier: Verifier(t)})
	route(api)
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	return &Client{URL: server.URL, client: server.Client()}
}

// Client speaks to a REST border.
type Client struct {
	URL    string
	client *http.Client
}

// NewClient speaks to the border at a URL.
func NewClient(url string) *Client { return &Client{URL: url, client: &http.Client{}} }

// Answer is what came back.
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

// Problem is the body of an answer that says no.
func (a Answer) Problem(t testing.TB) *rest.Problem {
	t.Helper()
	require.Equal(t, "application/problem+json", a.Header.Get("Content-Type"), "%d %s", a.Status, a.Body)
	problem := new(rest.Problem)
	a.Into(t, problem)
	return problem
}

// Get asks for a path.
func (c *Client) Get(t testing.TB, token, path string) Answer {
	t.Helper()
	return c.do(t, http.MethodGet, token, path, nil)
}

// GetUnless asks for a path unless it is still at an ETag.
func (c *Client) GetUnless(t testing.TB, token, path, ifNoneMatch string) Answer {
	t.Helper()
	return c.do(t, http.MethodGet, token, path, nil, "If-None-Match", ifNoneMatch)
}

// Post sends a body: a string as it is, anything else as JSON.
func (c *Client) Post(t testing.TB, token, path string, body any) Answer {
	t.Helper()
	text, ready := body.(string)
	if !ready {
		encoded, err := json.Marshal(body)
		require.NoError(t, err)
		text = string(encoded)
	}
	return c.do(t, http.MethodPost, token, path, bytes.NewBufferString(text))
}

// Send posts a body of a media type as it is.
func (c *Client) Send(t testing.TB, token, path, mediaType, body string) Answer {
	t.Helper()
	return c.do(t, http.MethodPost, token, path, bytes.NewBufferString(body), "Content-Type", mediaType)
}

// Put sends a body as it is, meant for the version of an ETag; "" sends none.
func (c *Client) Put(t testing.TB, token, path, ifMatch, body string) Answer {
	t.Helper()
	return c.do(t, http.MethodPut, token, path, bytes.NewBufferString(body), "If-Match", ifMatch)
}

// PostIf is Post of a body as it is, meant for the version of an ETag; "" sends none.
func (c *Client) PostIf(t testing.TB, token, path, ifMatch, body string) Answer {
	t.Helper()
	if body == "" {
		return c.do(t, http.MethodPost, token, path, nil, "If-Match", ifMatch)
	}
	return c.do(t, http.MethodPost, token, path, bytes.NewBufferString(body), "If-Match", ifMatch)
}

// Delete removes, meant for the version of an ETag; "" sends none.
func (c *Client) Delete(t testing.TB, token, path, ifMatch string) Answer {
	t.Helper()
	return c.do(t, http.MethodDelete, token, path, nil, "If-Match", ifMatch)
}

// do sends headers, pairs of name and value, unless they are empty.
func (c *Client) do(t testing.TB, method, token, path string, body io.Reader, headers ...string) Answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, c.URL+path, body)
	require.NoError(t, err)
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i+1] != "" {
			request.Header.Set(headers[i], headers[i+1])
		}
	}
	response, err := c.client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return Answer{Status: response.StatusCode, Header: response.Header, Body: content}
}

// Waker counts how often the relay was woken.
type Waker struct{ calls atomic.Int64 }

// Wake is the relay's.
func (w *Waker) Wake() { w.calls.Add(1) }

// Calls so far.
func (w *Waker) Calls() int { return int(w.calls.Load()) }

// Outbox is the events that wait to be published, in their order.
func Outbox(t testing.TB, db *postgres.DB) []cloudevents.Event {
	t.Helper()
	rows, err := db.SQL.QueryContext(t.Context(), "SELECT event FROM outbox ORDER BY id")
	require.NoError(t, err)
	defer rows.Close()
	var waiting []cloudevents.Event
	for rows.Next() {
		var encoded []byte
		require.NoError(t, rows.Scan(&encoded))
		var event cloudevents.Event
		require.NoError(t, json.Unmarshal(encoded, &event))
		waiting = append(waiting, event)
	}
	require.NoError(t, rows.Err())
	return waiting
}
