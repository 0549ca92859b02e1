package orderstest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

// Caller is somebody with a token.
type Caller struct {
	w     *World
	token string
}

// As is a caller by a name and with scopes.
func (w *World) As(name string, scopes ...string) *Caller {
	w.t.Helper()
	return &Caller{w: w, token: testkit.Token(w.t, w.Subject(name), scopes...)}
}

// Subject is the subject of a caller's token. It is this world's own: worlds share a namespace of
// Temporal, where ids of orders follow from subjects.
func (w *World) Subject(name string) string { return name + "@" + w.TaskQueue }

// Answer is what REST answered.
type Answer struct {
	t      testing.TB
	Status int
	Header http.Header
	Body   []byte
}

// Body of an order of four TEA.
const Body = `{"currency":"GBP","lines":[{"sku":"TEA","quantity":4}],"payment_method":"confirm"}`

// BodyPaidBy is Body with another payment method, by which the stand-in sagas know what to do.
func BodyPaidBy(method string) string {
	return `{"currency":"GBP","lines":[{"sku":"TEA","quantity":4}],"payment_method":"` + method + `"}`
}

// Place places an order.
func (c *Caller) Place(key, body string, headers ...string) *Answer {
	c.w.t.Helper()
	return c.Do(http.MethodPost, "/v1/orders", body, append(headers, "Idempotency-Key", key)...)
}

// Get asks for a path.
func (c *Caller) Get(path string) *Answer {
	c.w.t.Helper()
	return c.Do(http.MethodGet, path, "")
}

// Do sends a request with headers, name and value in turn.
func (c *Caller) Do(method, path, body string, headers ...string) *Answer {
	c.w.t.Helper()
	response, err := restClient.Do(c.request(c.w.t.Context(), method, path, body, headers...))
	if err != nil {
		c.w.t.Errorf("%s %s: %v", method, path, err)
		return &Answer{t: c.w.t, Header: http.Header{}}
	}
	defer response.Body.Close()
	return &Answer{
		t: c.w.t, Status: response.StatusCode, Header: response.Header, Body: must(io.ReadAll(response.Body))(c.w.t),
	}
}

// Abandon places an order and hangs up when ctx ends, before there is an answer.
func (c *Caller) Abandon(ctx context.Context, key, body string) {
	c.w.t.Helper()
	response, err := restClient.Do(c.request(ctx, http.MethodPost, "/v1/orders", body, "Idempotency-Key", key))
	if err == nil {
		response.Body.Close()
		c.w.t.Errorf("answered with %s before the caller hung up", response.Status)
	}
}

func (c *Caller) request(ctx context.Context, method, path, body string, headers ...string) *http.Request {
	c.w.t.Helper()
	request := must(http.NewRequestWithContext(ctx, method, c.w.URL+path, bytes.NewBufferString(body)))(c.w.t)
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Add(headers[i], headers[i+1])
	}
	return request
}

// Order is the order of the answer.
func (a *Answer) Order() view.Order {
	a.t.Helper()
	var order view.Order
	a.Read(&order)
	return order
}

// Problem is the problem of the answer.
func (a *Answer) Problem() *rest.Problem {
	a.t.Helper()
	problem := new(rest.Problem)
	a.Read(problem)
	return problem
}

// Read decodes the answer's body.
func (a *Answer) Read(into any) {
	a.t.Helper()
	if err := json.Unmarshal(a.Body, into); err != nil {
		a.t.Fatalf("status %d, body %s: %v", a.Status, a.Body, err)
	}
}

// Anonymous is a caller without a token.
func (w *World) Anonymous() *Caller { return &Caller{w: w} }
