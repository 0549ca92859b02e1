package replay

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/examples/onlineretail/internal/api"
	"github.com/ordersaga/ordersaga/examples/onlineretail/internal/invoices"
)

// script answers the requests of one order in turn, and remembers them; the last answer stays.
type script struct {
	answers []http.HandlerFunc

	mu   sync.Mutex
	seen []string // method, path, key
	sent []string // bodies of POST
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	answer := s.answers[min(len(s.seen), len(s.answers)-1)]
	s.seen = append(s.seen, fmt.Sprintf("%s %s %s", r.Method, r.URL.Path, r.Header.Get("Idempotency-Key")))
	if r.Method == http.MethodPost {
		s.sent = append(s.sent, string(body))
	}
	s.mu.Unlock()
	answer(w, r)
}

func says(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func hangsUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

const path = "/v1/orders/7"

var (
	placed      = `{"id":"7","status":"%s","total":{"amount":450,"currency":"GBP"},"placed_at":"%s"}`
	now         = time.Now().UTC()
	confirmed   = fmt.Sprintf(placed, "confirmed", now.Add(time.Hour).Format(time.RFC3339))
	before      = fmt.Sprintf(placed, "confirmed", now.Add(-time.Hour).Format(time.RFC3339))
	onItsWay    = fmt.Sprintf(placed, "placed", now.Add(time.Hour).Format(time.RFC3339))
	unavailable = `{"type":"https://ordersaga.dev/problems/unavailable","title":"Unavailable","status":503}`
	shortage    = `{"type":"https://ordersaga.dev/problems/out-of-stock","title":"Out of stock","status":422,"order":"/v1/orders/7","order_status":"rejected"}`
)

func place(t *testing.T, patience time.Duration, answers ...http.HandlerFunc) (Outcome, *script) {
	t.Helper()
	s := &script{answers: answers}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	shop := &Shop{
		Client: api.NewClient(&api.Tokens{Operator: "operator", Shopper: "shopper"}, 1),
		Orders: server.URL, Catalog: server.URL, Inventory: server.URL, Card: "card_approve", Patience: patience, Began: now,
	}
	return shop.Place(t.Context(), invoices.Invoice{Number: "536365", Shopper: "guest-536365", Lines: []invoices.Line{{SKU: "10001", Quantity: 2}}}), s
}

const long = 2 * time.Minute

func TestWhatBecomesOfAnOrder(t *testing.T) {
	post, get := "POST /v1/orders online-retail-536365", "GET /v1/orders/7 "
	for name, c := range map[string]struct {
		answers  []http.HandlerFunc
		status   Status
		reason   string
		replayed bool
		seen     []string
	}{
		"confirmed at once": {
			answers: []http.HandlerFunc{says(201, confirmed)}, status: Confirmed, seen: []string{post},
		},
		"placed by an earlier run": {
			answers: []http.HandlerFunc{says(201, before, "Idempotent-Replayed", "true")}, status: Confirmed, replayed: true, seen: []string{post},
		},
		"services away, then it is placed": {
			answers: []http.HandlerFunc{hangsUp, says(503, unavailable), says(429, ""), says(502, "<html>"), says(201, confirmed)},
			status:  Confirmed, seen: []string{post, post, post, post, post},
		},
		"placed by the request whose answer was lost": {
			answers: []http.HandlerFunc{hangsUp, says(201, confirmed, "Idempotent-Replayed", "true")}, status: Confirmed, seen: []string{post, post},
		},
		"placed by an earlier run, heard of at the second try": {
			answers: []http.HandlerFunc{hangsUp, says(201, before, "Idempotent-Replayed", "true")}, status: Confirmed, replayed: true, seen: []string{post, post},
		},
		"on its way": {
			answers: []http.HandlerFunc{says(202, onItsWay, "Location", path), says(404, ""), says(200, onItsWay), says(503, unavailable), says(200, confirmed)},
			status:  Confirmed, seen: []string{post, get, get, get, get},
		},
		"on its way to a rejection": {
			answers: []http.HandlerFunc{says(202, onItsWay, "Location", path), says(200, `{"id":"7","status":"rejected","reason":{"code":"out_of_stock"}}`)},
			status:  Rejected, reason: "out-of-stock", seen: []string{post, get},
		},
		"out of stock": {
			answers: []http.HandlerFunc{says(422, shortage)}, status: Rejected, reason: "out-of-stock", seen: []string{post},
		},
		"out of stock in an earlier run": {
			answers: []http.HandlerFunc{
				says(422, shortage, "Idempotent-Replayed", "true"),
				says(200, fmt.Sprintf(placed, "rejected", now.Add(-time.Hour).Format(time.RFC3339))),
			},
			status: Rejected, reason: "out-of-stock", replayed: true, seen: []string{post, get},
		},
		"another saga is at work on it": {
			answers: []http.HandlerFunc{says(409, `{"type":"x/saga-in-progress","title":"Saga in progress"}`), says(201, confirmed)},
			status:  Confirmed, seen: []string{post, post},
		},
		"a token that is not taken": {
			answers: []http.HandlerFunc{says(401, `{"type":"x/unauthorized","title":"Unauthorized"}`)}, status: Rejected, reason: "unauthorized", seen: []string{post},
		},
		"somebody else answers": {
			answers: []http.HandlerFunc{says(404, "<html>")}, status: Rejected, reason: "status-404", seen: []string{post},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			outcome, s := place(t, long, c.answers...)
			assert.Equal(t, c.status, outcome.Status, "%+v", outcome)
			assert.Equal(t, c.reason, outcome.Reason)
			assert.Equal(t, c.replayed, outcome.Replayed)
			assert.Equal(t, c.seen, s.seen)
			if outcome.Status == Confirmed {
				assert.Equal(t, Money{450, "GBP"}, outcome.Total)
			}
			for _, body := range s.sent {
				assert.JSONEq(t, `{"currency":"GBP","payment_method":"card_approve","lines":[{"sku":"10001","quantity":2}]}`, body)
			}
		})
	}
}

func TestPatienceEnds(t *testing.T) {
	t.Run("with nobody there", func(t *testing.T) {
		t.Parallel()
		outcome, s := place(t, 5*time.Second, says(503, unavailable))
		assert.Equal(t, Failed, outcome.Status)
		assert.Equal(t, NoAnswer, outcome.Reason)
		assert.Contains(t, outcome.Detail, "503 Unavailable", "says what stood in the way")
		assert.Greater(t, len(s.seen), 1)
	})
	t.Run("with an order that does not settle", func(t *testing.T) {
		t.Parallel()
		outcome, _ := place(t, 5*time.Second, says(202, onItsWay, "Location", path), says(200, onItsWay))
		assert.Equal(t, Failed, outcome.Status)
		assert.Equal(t, NotSettled, outcome.Reason)
	})
}

func TestAnInterruptionAccountsForEveryInvoice(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Idempotency-Key") == "online-retail-again-3" {
			interrupt()
		}
		says(201, confirmed)(w, r)
	}))
	defer server.Close()
	shop := &Shop{
		Client: api.NewClient(&api.Tokens{Shopper: "shopper"}, 1), Orders: server.URL, Patience: long, Run: "again", Began: now,
	}
	var list []invoices.Invoice
	for i := range 20 {
		list = append(list, invoices.Invoice{Number: fmt.Sprint(i + 1)})
	}
	done := 0
	outcomes := shop.PlaceAll(ctx, list, 1, func() { done++ })
	require.Len(t, outcomes, 20)
	for i, outcome := range outcomes {
		assert.Equal(t, list[i].Number, outcome.Invoice.Number)
		if outcome.Status != Confirmed {
			assert.Equal(t, Interrupted, outcome.Reason, outcome.Detail)
		}
	}
	assert.Equal(t, Confirmed, outcomes[0].Status)
	assert.Equal(t, Interrupted, outcomes[19].Reason)
	assert.Less(t, done, 6)
}
