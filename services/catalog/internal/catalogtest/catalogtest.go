// Package catalogtest builds the world of a slice's test: stores of its own on the real engines,
// and the REST border to hang the slice on.
package catalogtest

import (
	"context"
	"encoding/json"
	"net/http"
	"sync/atomic"
	"testing"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/mongodb"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/readmodel"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/platform/testkit/apitest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/readside"
	"github.com/ordersaga/ordersaga/services/catalog/migrations"
)

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
	return readside.NewProducts(db, model), readside.NewFeed(db, model)
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
	return commands, readside.NewProducts(db, model), readside.NewFeed(db, model)
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

// Operator is a token that may change products.
func Operator(t testing.TB) string { return testkit.Token(t, "operator", auth.ScopeOperator) }

// Shopper is a token that may only look.
func Shopper(t testing.TB) string { return testkit.Token(t, "shopper") }

// REST is a REST border, with the slice that route adds, behind a real listener.
func REST(t testing.TB, route func(api *rest.API)) *Client { return NewClient(apitest.REST(t, route)) }

// Client speaks to a REST border.
type Client struct{ URL string }

// NewClient speaks to the border at a URL.
func NewClient(url string) *Client { return &Client{URL: url} }

// Answer is what came back.
type Answer = apitest.Answer

// Get asks for a path.
func (c *Client) Get(t testing.TB, token, path string) Answer {
	t.Helper()
	return apitest.Ask(t, token, http.MethodGet, c.URL+path, "")
}

// GetUnless asks for a path unless it is still at an ETag.
func (c *Client) GetUnless(t testing.TB, token, path, ifNoneMatch string) Answer {
	t.Helper()
	return apitest.Ask(t, token, http.MethodGet, c.URL+path, "", "If-None-Match", ifNoneMatch)
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
	return apitest.Ask(t, token, http.MethodPost, c.URL+path, text)
}

// Send posts a body of a media type as it is.
func (c *Client) Send(t testing.TB, token, path, mediaType, body string) Answer {
	t.Helper()
	return apitest.Ask(t, token, http.MethodPost, c.URL+path, body, "Content-Type", mediaType)
}

// Put sends a body as it is, meant for the version of an ETag; "" sends none.
func (c *Client) Put(t testing.TB, token, path, ifMatch, body string) Answer {
	t.Helper()
	return apitest.Ask(t, token, http.MethodPut, c.URL+path, body, "If-Match", ifMatch)
}

// PostIf is Post of a body as it is, meant for the version of an ETag; "" sends none.
func (c *Client) PostIf(t testing.TB, token, path, ifMatch, body string) Answer {
	t.Helper()
	return apitest.Ask(t, token, http.MethodPost, c.URL+path, body, "If-Match", ifMatch)
}

// Delete removes, meant for the version of an ETag; "" sends none.
func (c *Client) Delete(t testing.TB, token, path, ifMatch string) Answer {
	t.Helper()
	return apitest.Ask(t, token, http.MethodDelete, c.URL+path, "", "If-Match", ifMatch)
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
