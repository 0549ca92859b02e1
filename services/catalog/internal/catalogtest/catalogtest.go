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
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/config"
	"github.com/ordersaga/ordersaga/platform/mongodb"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/readmodel"
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

// ReadSide is the read side of a database, which follows when CatchUp is called.
func ReadSide(t testing.TB, db *postgres.DB) (*readside.Products, *readside.Feed) {
	t.Helper()
	uri, name := testkit.MongoDB(t)
	documents, err := mongodb.Open(t.Context(), uri, name)
	require.NoError(t, err)
	t.Cleanup(func() { _ = mongodb.Close(context.Background(), documents) })
	model := readmodel.New(readside.Definition, db, documents)
	require.NoError(t, model.Prepare(t.Context()))
	return readside.NewProducts(model), readside.NewFeed(db, model)
}

// CountedReadSide is ReadSide, with a count of what is read from the document store.
func CountedReadSide(t testing.TB, db *postgres.DB) (*Commands, *readside.Products, *readside.Feed) {
	t.Helper()
	uri, name := testkit.MongoDB(t)
	commands := new(Commands)
	client, err := mongo.Connect(options.Client().ApplyURI(uri).SetMonitor(commands.monitor()))
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Disconnect(context.Background()) })
	model := readmodel.New(readside.Definition, db, client.Database(name))
	require.NoError(t, model.Prepare(t.Context()))
	return commands, readside.NewProducts(model), readside.NewFeed(db, model)
}

// Commands counts finds and the documents that they answer.
type Commands struct{ finds, documents atomic.Int64 }

func (c *Commands) monitor() *event.CommandMonitor {
	return &event.CommandMonitor{Succeeded: func(_ context.Context, e *event.CommandSucceededEvent) {
		if e.CommandName != "find" && e.CommandName != "getMore" {
			return
		}
		c.finds.Add(1)
		for _, batch := range []string{"firstBatch", "nextBatch"} {
			if documents, ok := e.Reply.Lookup("cursor", batch).ArrayOK(); ok {
				values, _ := documents.Values()
				c.documents.Add(int64(len(values)))
			}
		}
	}}
}

// Reset begins to count anew.
func (c *Commands) Reset() {
	c.finds.Store(0)
	c.documents.Store(0)
}

// Finds made.
func (c *Commands) Finds() int { return int(c.finds.Load()) }

// Documents answered.
func (c *Commands) Documents() int { return int(c.documents.Load()) }

// Stock notes what inventory told of a SKU.
func Stock(t testing.TB, db *postgres.DB, sku string, available, version int64) {
	t.Helper()
	_, err := db.SQL.ExecContext(t.Context(), `
		INSERT INTO availability VALUES ($1, $2, $3)
		ON CONFLICT (sku) DO UPDATE SET available = excluded.available, version = excluded.version`, sku, available, version)
	require.NoError(t, err)
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

// Waker counts how often a relay would be woken.
type Waker struct{ calls atomic.Int64 }

// NewWaker counts from now on the transactions of a database that leave events to relay.
func NewWaker(db *postgres.DB) *Waker {
	w := new(Waker)
	db.OnSignal(func() { w.calls.Add(1) })
	return w
}

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
