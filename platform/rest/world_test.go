package rest_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/auth/authtest"
	"github.com/ordersaga/ordersaga/platform/rest"
)

// world is a small shop behind the border, served over HTTP.
type world struct {
	t      *testing.T
	issuer *authtest.Issuer
	url    string
	// answer is what the order operation does; nil echoes the order.
	answer func(ctx context.Context, in *placeOrder) (*placed, error)
	// read is what reading an order does besides; nil: nothing.
	read   func(ctx context.Context) error
	api    *rest.API
	server *httptest.Server
}

type placeOrder struct {
	Key    string `header:"Idempotency-Key" required:"true" maxLength:"255" doc:"The same key, the same order."`
	Prefer string `header:"Prefer"`
	Body   struct {
		Lines []struct {
			SKU      string  `json:"sku" minLength:"1" maxLength:"64"`
			Quantity int64   `json:"quantity" minimum:"1" maximum:"100000"`
			Weights  []int64 `json:"weights,omitempty"`
		} `json:"lines" minItems:"1" maxItems:"1000"`
		Note   string `json:"note,omitempty"`
		Paid   int64  `json:"paid,omitempty"`
		Points int64  `json:"points,omitempty" maximum:"9007199254740991"`
	}
}

type placed struct {
	ETag string `header:"ETag"`
	Body struct {
		Caller string `json:"caller"`
		Lines  int    `json:"lines"`
		Note   string `json:"note"`
		Prefer string `json:"prefer,omitempty"`
	}
}

type listOrders struct {
	Limit  int         `query:"limit" default:"20" minimum:"1" maximum:"100"`
	Cursor rest.Cursor `query:"cursor"`
	Of     []string    `query:"of"`
}

type listed struct {
	Body struct {
		Limit int         `json:"limit"`
		After string      `json:"after"`
		Of    []string    `json:"of,omitempty"`
		Next  rest.Cursor `json:"next"`
	}
}

type position struct {
	ID string `json:"id"`
}

type byID struct {
	ID string `path:"id" maxLength:"64"`
}

type changeOrder struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
}

type found struct {
	ETag string `header:"ETag"`
	Body struct {
		ID string `json:"id"`
	}
}

func newWorld(t *testing.T, options ...func(*rest.Config)) *world {
	t.Helper()
	w := &world{t: t, issuer: authtest.New(t)}
	verifier, err := auth.NewVerifier(t.Context(), w.issuer.Config().Auth)
	require.NoError(t, err)
	cfg := rest.Config{
		Info: rest.Info{Title: "Orders", Version: "1.2.3", Description: "Test"}, Verifier: verifier,
		Ready: map[string]func(context.Context) error{"issuer": verifier.Ready},
	}
	for _, option := range options {
		option(&cfg)
	}
	api := rest.New(cfg)
	w.api = api
	rest.Handle(api, rest.Op{Method: "POST", Path: "/v1/orders", ID: "place-order", Summary: "Place an order", Status: 201, OtherStatuses: []int{202}, Refusals: map[string]int{"price_changed": 409, "out_of_stock": 422}},
		func(ctx context.Context, in *placeOrder) (*placed, error) {
			if w.answer != nil {
				return w.answer(ctx, in)
			}
			identity, _ := auth.FromContext(ctx)
			out := &placed{ETag: rest.ETag(7)}
			out.Body.Caller, out.Body.Lines, out.Body.Note = identity.Subject, len(in.Body.Lines), in.Body.Note
			out.Body.Prefer = in.Prefer
			return out, nil
		})
	rest.Handle(api, rest.Op{Method: "GET", Path: "/v1/orders", ID: "list-orders"}, func(ctx context.Context, in *listOrders) (*listed, error) {
		out := &listed{}
		out.Body.Limit, out.Body.Of = in.Limit, in.Of
		if in.Cursor != "" {
			at, err := rest.ReadCursor[position](ctx, "orders", in.Cursor)
			if err != nil {
				return nil, err
			}
			out.Body.After = at.ID
		}
		out.Body.Next = rest.NewCursor(ctx, "orders", position{ID: "o-20"})
		return out, nil
	})
	rest.Handle(api, rest.Op{Method: "GET", Path: "/v1/orders/{id}", ID: "get-order"}, func(ctx context.Context, in *byID) (*found, error) {
		if in.ID == "none" {
			return nil, rest.NewProblem(404, "order-not-found", "There is no such order.")
		}
		out := &found{ETag: rest.ETag(7)}
		out.Body.ID = in.ID
		if w.read != nil {
			return out, w.read(ctx)
		}
		return out, nil
	})
	rest.Handle(api, rest.Op{Method: "PUT", Path: "/v1/orders/{id}", ID: "change-order", Errors: []int{412, 428}},
		func(_ context.Context, in *changeOrder) (*found, error) {
			seen, err := rest.IfMatch(in.IfMatch)
			if err != nil {
				return nil, err
			}
			if seen != nil && !slices.Contains(seen, 7) {
				return nil, rest.PreconditionFailed("The order is at version 7.")
			}
			return &found{ETag: rest.ETag(8)}, nil
		})
	rest.Handle(api, rest.Op{Method: "DELETE", Path: "/v1/products/{id}", ID: "delete-product", Scope: auth.ScopeOperator},
		func(context.Context, *byID) (*struct{}, error) { return nil, nil })
	rest.Handle(api, rest.Op{Method: "GET", Path: "/v1/terms", ID: "terms", Scope: rest.Public},
		func(context.Context, *struct{}) (*found, error) { return &found{}, nil })
	w.restart(func(*http.Server) {})
	t.Cleanup(func() { w.server.Close() })
	return w
}

// restart serves the API anew, by a server that is changed before.
func (w *world) restart(change func(*http.Server)) {
	if w.server != nil {
		w.server.Close()
	}
	w.server = httptest.NewUnstartedServer(nil)
	w.server.Config = w.api.Server(w.server.Listener.Addr().String())
	change(w.server.Config)
	w.server.Start()
	w.url = w.server.URL
}

// call is one request; headers are pairs.
func (w *world) call(method, path, token, body string, headers ...string) answer {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, strings.NewReader(body))
	require.NoError(w.t, err)
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	// A header that is given replaces the usual one; given twice it is sent twice.
	for i := 0; i < len(headers); i += 2 {
		request.Header.Del(headers[i])
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Add(headers[i], headers[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	require.NoError(w.t, err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	require.NoError(w.t, err)
	return answer{t: w.t, Response: response, body: string(content)}
}

func (w *world) shopper() string { return w.issuer.Token(w.t, "ada") }

// place posts an order of a shopper.
func (w *world) place(body string) answer {
	w.t.Helper()
	return w.call("POST", "/v1/orders", w.shopper(), body, "Idempotency-Key", "k1")
}

type answer struct {
	*http.Response
	t    *testing.T
	body string
}

// problem checks that the answer is a problem of a status and type.
func (a answer) problem(status int, slug string) rest.Problem {
	a.t.Helper()
	require.Equal(a.t, status, a.StatusCode, "body: %s", a.body)
	assert.Equal(a.t, "application/problem+json", a.Header.Get("Content-Type"))
	var p rest.Problem
	require.NoError(a.t, json.Unmarshal([]byte(a.body), &p), "body: %s", a.body)
	assert.Equal(a.t, "https://ordersaga.dev/problems/"+slug, p.Type)
	assert.Equal(a.t, status, p.Status)
	assert.NotEmpty(a.t, p.Title)
	assert.Equal(a.t, a.Request.URL.EscapedPath(), p.Instance)
	return p
}

const oneLine = `{"lines":[{"sku":"TEA","quantity":2}]}`
