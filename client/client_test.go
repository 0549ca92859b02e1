package client_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/client"
	"github.com/ordersaga/ordersaga/contracts/refusals"
)

// reply is what a service answers.
type reply struct {
	status int
	body   string
	header map[string]string
	// hangUp closes the connection instead.
	hangUp bool
}

// service answers with the replies one after the other, the last one for ever.
type service struct {
	*httptest.Server
	mu       sync.Mutex
	requests []*http.Request
	bodies   []string
	asked    func() // called with each request
}

func serve(t *testing.T, replies ...reply) *service {
	t.Helper()
	s := &service{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		next := replies[min(len(s.requests), len(replies)-1)]
		s.requests, s.bodies = append(s.requests, r), append(s.bodies, string(body))
		s.mu.Unlock()
		if s.asked != nil {
			defer s.asked()
		}
		if next.hangUp {
			panic(http.ErrAbortHandler)
		}
		for name, value := range next.header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(next.status)
		_, _ = io.WriteString(w, next.body)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *service) client(t *testing.T) *client.Client {
	t.Helper()
	c, err := client.New(client.Config{
		Orders: s.URL, Catalog: s.URL + "/", Inventory: s.URL, Payments: s.URL, Token: client.StaticToken("secret"), Tries: 3,
	})
	require.NoError(t, err)
	return c
}

var order = client.NewOrder{
	Currency: "GBP", PaymentMethod: "card_approve", Lines: []client.NewLine{{SKU: "TEA", Quantity: 2}},
	ExpectedTotal: &client.Money{Amount: 2500, Currency: "GBP"},
}

const (
	confirmed = `{"id":"1","status":"confirmed","total":{"amount":2500,"currency":"GBP"},"placed_at":"2026-11-25T20:00:00Z","new":"member","version":4}`
	placed    = `{"id":"1","status":"placed","version":1}`
	rejected  = `{"id":"1","status":"rejected","reason":{"code":"out_of_stock","message":"Not enough.",` +
		`"details":{"shortages":[{"sku":"TEA","requested":2,"available":1}],"more":7}},"version":3}`
)

func TestAnOrderIsSentAsTheServiceReadsIt(t *testing.T) {
	s := serve(t, reply{status: 201, body: confirmed, header: map[string]string{"Idempotent-Replayed": "true"}})
	with := order
	with.Key, with.Wait = "basket 7", 1200*time.Millisecond
	got, err := s.client(t).PlaceOrder(t.Context(), with)
	require.NoError(t, err)
	assert.Equal(t, "confirmed", got.Status)
	assert.True(t, got.Settled())
	assert.True(t, got.Replayed)
	assert.Equal(t, "basket 7", got.Key)
	assert.Equal(t, client.Money{Amount: 2500, Currency: "GBP"}, got.Total)
	assert.Equal(t, time.Date(2026, 11, 25, 20, 0, 0, 0, time.UTC), got.PlacedAt)
	assert.True(t, got.SettledAt.IsZero())

	request := s.requests[0]
	assert.Equal(t, "/v1/orders", request.URL.Path)
	assert.Equal(t, "Bearer secret", request.Header.Get("Authorization"))
	assert.Equal(t, "basket 7", request.Header.Get("Idempotency-Key"))
	assert.Equal(t, "wait=2", request.Header.Get("Prefer"))
	assert.Equal(t, "application/json", request.Header.Get("Content-Type"))
	assert.JSONEq(t, `{"currency":"GBP","lines":[{"sku":"TEA","quantity":2}],"payment_method":"card_approve","expected_total":{"amount":2500,"currency":"GBP"}}`, s.bodies[0])
}

func TestTheWaitIsSaidInTheServicesWords(t *testing.T) {
	for wait, want := range map[time.Duration]string{
		0: "", -1: "respond-async", time.Millisecond: "wait=1", 10 * time.Second: "wait=10", time.Hour: "wait=50",
	} {
		s := serve(t, reply{status: 202, body: placed})
		with := order
		with.Wait = wait
		_, err := s.client(t).PlaceOrder(t.Context(), with)
		require.NoError(t, err)
		assert.Equal(t, want, s.requests[0].Header.Get("Prefer"), "%s", wait)
	}
}

func TestAKeyIsMadeOnceForACallAndKeptOverItsTries(t *testing.T) {
	s := serve(t, reply{hangUp: true}, reply{status: 503, body: `{"type":"x/unavailable","title":"Unavailable"}`}, reply{status: 201, body: confirmed})
	c := s.client(t)
	got, err := c.PlaceOrder(t.Context(), order)
	require.NoError(t, err)
	require.Len(t, s.requests, 3)
	first := s.requests[0].Header.Get("Idempotency-Key")
	assert.Equal(t, got.Key, first)
	assert.GreaterOrEqual(t, len(first), 20)
	for i, request := range s.requests {
		assert.Equal(t, first, request.Header.Get("Idempotency-Key"))
		assert.Equal(t, s.bodies[0], s.bodies[i])
	}
	another, err := c.PlaceOrder(t.Context(), order)
	require.NoError(t, err)
	assert.NotEqual(t, first, another.Key, "another call is another order")
}

func TestWhoIsLeftUnsureIsToldTheKey(t *testing.T) {
	for name, last := range map[string]reply{"no answer": {hangUp: true}, "unavailable": {status: 503, body: "busy"}, "a fault": {status: 500, body: "oh"}} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, last)
			_, err := s.client(t).ReceiveStock(t.Context(), client.Delivery{Lines: order.Lines})
			var unsure *client.Unsure
			require.ErrorAs(t, err, &unsure)
			assert.Equal(t, s.requests[0].Header.Get("Idempotency-Key"), unsure.Key)
			assert.ErrorContains(t, err, unsure.Key)
			tries := 3
			if last.status == 500 {
				tries = 1 // a fault is reported, not repeated
			}
			assert.Len(t, s.requests, tries)
		})
	}
}

func TestAnImpossibleKeyIsNotSent(t *testing.T) {
	s := serve(t, reply{status: 201, body: confirmed})
	for _, key := range []string{strings.Repeat("k", 256), "tea\n", " tea", "tee-ü"} {
		with := order
		with.Key = key
		_, err := s.client(t).PlaceOrder(t.Context(), with)
		assert.ErrorContains(t, err, "1 to 255 printable ASCII characters", "%q", key)
	}
	assert.Empty(t, s.requests)
}

func TestARefusalIsTypedWhereverItIsRead(t *testing.T) {
	const outOfStock = `{"type":"https://ordersaga.dev/problems/out-of-stock","title":"Out of stock","status":422,"detail":"Not enough.",
		"shortages":[{"sku":"TEA","requested":2,"available":1}],"more":7,"order_id":"1","trace_id":"abc"}`
	s := serve(t, reply{status: 422, body: outOfStock}, reply{status: 200, body: rejected})
	_, err := s.client(t).PlaceOrder(t.Context(), order)
	later, readErr := s.client(t).Order(t.Context(), "1")
	require.NoError(t, readErr)
	for _, err := range []error{err, later.Err()} {
		var refused *client.Refused
		require.ErrorAs(t, err, &refused)
		assert.Equal(t, refusals.OutOfStock, refused.Reason)
		assert.Equal(t, "Not enough.", refused.Message)
		assert.Equal(t, []refusals.Shortage{{SKU: "TEA", Requested: 2, Available: 1}}, refused.Shortages)
		assert.Equal(t, 7, refused.More)
		assert.Equal(t, "1", refused.OrderID)
		var unsure *client.Unsure
		assert.NotErrorAs(t, err, &unsure, "a no is sure")
	}
	var problem *client.Problem
	require.ErrorAs(t, err, &problem)
	assert.Equal(t, 422, problem.Status)
	assert.Equal(t, "abc", problem.TraceID)
	assert.Equal(t, "422 out-of-stock: Not enough.", problem.Error())
	assert.Len(t, s.requests, 2, "a refusal is not repeated")
}

func TestEachKindOfAnswerHasItsError(t *testing.T) {
	for name, test := range map[string]struct {
		reply
		check func(t *testing.T, err error)
	}{
		"details of a refusal": {
			reply{status: 422, body: `{"type":"p/payment-declined","title":"Payment declined","decline_code":"expired_card"}`},
			func(t *testing.T, err error) {
				var refused *client.Refused
				require.ErrorAs(t, err, &refused)
				assert.Equal(t, "expired_card", refused.DeclineCode)
			},
		},
		"another price": {
			reply{status: 409, body: `{"type":"p/price-changed","title":"Price changed","total":{"amount":2600,"currency":"GBP"}}`},
			func(t *testing.T, err error) {
				var refused *client.Refused
				require.ErrorAs(t, err, &refused)
				assert.Equal(t, client.PriceChanged, refused.Reason)
				assert.Equal(t, &client.Money{Amount: 2600, Currency: "GBP"}, refused.Total)
			},
		},
		"wrong fields": {
			reply{status: 422, body: `{"type":"p/validation-failed","title":"Validation failed","errors":[{"field":"body.lines","message":"expected at least 1"}]}`},
			func(t *testing.T, err error) {
				var refused *client.Refused
				assert.NotErrorAs(t, err, &refused)
				var problem *client.Problem
				require.ErrorAs(t, err, &problem)
				assert.Equal(t, []client.FieldError{{Field: "body.lines", Message: "expected at least 1"}}, problem.Errors)
			},
		},
		"a proxy's page": {
			reply{status: 404, body: "<html>nothing here</html>"},
			func(t *testing.T, err error) {
				var problem *client.Problem
				require.ErrorAs(t, err, &problem)
				assert.Equal(t, "404 Not Found: <html>nothing here</html>", problem.Error())
			},
		},
		"somewhere else": {
			reply{status: 302, header: map[string]string{"Location": "https://evil.example/"}},
			func(t *testing.T, err error) {
				var problem *client.Problem
				require.ErrorAs(t, err, &problem)
				assert.Equal(t, 302, problem.Status)
			},
		},
		"no JSON": {
			reply{status: 200, body: "<html>"},
			func(t *testing.T, err error) { assert.ErrorContains(t, err, "the answer cannot be read") },
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, test.reply)
			_, err := s.client(t).PlaceOrder(t.Context(), order)
			require.Error(t, err)
			test.check(t, err)
			assert.NotContains(t, err.Error(), "secret")
			assert.Len(t, s.requests, 1)
		})
	}
}

func TestAServiceThatAsksForTimeGetsIt(t *testing.T) {
	s := serve(t, reply{status: 429, body: "slow down", header: map[string]string{"Retry-After": "1"}}, reply{status: 200, body: confirmed})
	began := time.Now()
	_, err := s.client(t).Order(t.Context(), "1")
	require.NoError(t, err)
	assert.GreaterOrEqual(t, time.Since(began), time.Second)

	long := serve(t, reply{status: 503, body: "closed", header: map[string]string{"Retry-After": "3600"}})
	_, err = long.client(t).Order(t.Context(), "1")
	var problem *client.Problem
	require.ErrorAs(t, err, &problem)
	assert.Equal(t, time.Hour, problem.RetryAfter, "who asks for more than half a minute is not waited for")
	assert.Len(t, long.requests, 1)
}

func TestTheCallerDecidesHowLong(t *testing.T) {
	s := serve(t, reply{status: 503, body: "busy", header: map[string]string{"Retry-After": "20"}})
	ctx, cancel := context.WithCancel(t.Context())
	s.asked = cancel
	_, err := s.client(t).PlaceOrder(ctx, order)
	require.ErrorIs(t, err, context.Canceled)
	var unsure *client.Unsure
	require.ErrorAs(t, err, &unsure)
}

func TestAnOrderIsAwaitedUntilItIsSettled(t *testing.T) {
	missing := reply{status: 404, body: `{"type":"p/order-not-found","title":"Order not found"}`}
	s := serve(t, reply{status: 202, body: placed}, missing, reply{status: 200, body: placed}, reply{status: 200, body: confirmed})
	got, err := s.client(t).PlaceOrderAndWait(t.Context(), order)
	require.NoError(t, err)
	assert.Equal(t, client.Confirmed, got.Status)
	assert.Len(t, s.requests, 4)
	assert.Equal(t, "wait=50", s.requests[0].Header.Get("Prefer"))

	s = serve(t, reply{status: 202, body: placed}, reply{status: 200, body: rejected})
	got, err = s.client(t).PlaceOrderAndWait(t.Context(), order)
	var refused *client.Refused
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, client.Rejected, got.Status)

	s = serve(t, missing)
	_, err = s.client(t).AwaitOrder(t.Context(), "1")
	var problem *client.Problem
	require.ErrorAs(t, err, &problem, "an order that is not known to be taken may not exist")

	s = serve(t, reply{status: 200, body: placed})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	asked := 0
	s.asked = func() {
		if asked++; asked == 2 {
			cancel()
		}
	}
	last, err := s.client(t).AwaitOrder(ctx, "1")
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, client.Placed, last.Status, "as it was last seen")
}

func TestAListSaysHowFarItIsBehind(t *testing.T) {
	s := serve(t, reply{status: 200, body: `{"orders":[],"behind":3,"behind_seconds":1.5}`})
	page, err := s.client(t).OrderPage(t.Context(), client.OrderFilter{}, client.PageRequest{})
	require.NoError(t, err)
	assert.EqualValues(t, 3, page.Behind)
	assert.Equal(t, 1500*time.Millisecond, page.BehindFor)
}

func TestListsAreReadToTheirEnd(t *testing.T) {
	s := serve(t,
		reply{status: 200, body: `{"orders":[{"id":"1"},{"id":"2"}],"next_cursor":"n e/x=t","behind":3}`},
		reply{status: 200, body: `{"orders":[{"id":"3"}],"behind":0}`})
	var ids []string
	for order, err := range s.client(t).Orders(t.Context(), client.OrderFilter{Status: client.Placed, Stuck: true}) {
		require.NoError(t, err)
		ids = append(ids, order.ID)
	}
	assert.Equal(t, []string{"1", "2", "3"}, ids)
	assert.Equal(t, "limit=200&status=placed&stuck=true", s.requests[0].URL.RawQuery, "nothing that is empty")
	assert.Equal(t, "n e/x=t", s.requests[1].URL.Query().Get("cursor"))

	s = serve(t, reply{status: 200, body: `{"levels":[{"sku":"A"},{"sku":"B"}],"next_cursor":"x"}`}, reply{status: 403, body: "{}"})
	var skus []string
	for level, err := range s.client(t).AuditLevels(t.Context()) {
		if err != nil {
			var problem *client.Problem
			require.ErrorAs(t, err, &problem)
			skus = append(skus, "end")
			continue
		}
		skus = append(skus, level.SKU)
	}
	assert.Equal(t, []string{"A", "B", "end"}, skus, "an error is the last")
	for range s.client(t).AuditLevels(t.Context()) {
		break // a reader may stop
	}
}

func TestAChangeIsMeantForTheVersionThatWasSeen(t *testing.T) {
	const tea = `{"sku":"T/1","name":"Tea","price":{"amount":1,"currency":"GBP"},"active":true,"version":7}`
	s := serve(t, reply{status: 200, body: tea, header: map[string]string{"ETag": `"7-3"`}})
	c := s.client(t)
	seen, err := c.Product(t.Context(), "T/1")
	require.NoError(t, err)
	assert.Equal(t, "/v1/products/T%2F1", s.requests[0].URL.EscapedPath())
	_, err = c.ChangeProduct(t.Context(), "T/1", seen.ETag, client.ProductDetails{Name: "Tea"})
	require.NoError(t, err)
	assert.Equal(t, `"7-3"`, s.requests[1].Header.Get("If-Match"))
	var sent map[string]any
	require.NoError(t, json.Unmarshal([]byte(s.bodies[1]), &sent))
	assert.Equal(t, map[string]any{"name": "Tea", "description": ""}, sent)
}

func TestAURLMustBeOne(t *testing.T) {
	for _, wrong := range []string{"127.0.0.1:8080", "ftp://x", "http://", "http://x?y=1", "http://x#y", "://"} {
		_, err := client.New(client.Config{Orders: wrong})
		assert.ErrorContains(t, err, "the URL of orders must", wrong)
	}
	c, err := client.New(client.Config{})
	require.NoError(t, err)
	_, err = c.Order(t.Context(), "1")
	assert.ErrorContains(t, err, "without the URL of orders")
	_, err = client.New(client.Config{Tries: -1})
	assert.Error(t, err)
}
