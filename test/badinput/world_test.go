// Package badinput_test sends a shop of real processes what it must refuse, and checks for each
// that it is told why in a way that programs understand, and that nothing has changed.
package badinput_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/ordersaga/ordersaga/contracts/programs"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/auth/authtest"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

// world is a shop that sells tea at 450 pence, of which anna has ordered one, and a palace whose
// price is the highest there can be.
type world struct {
	*shop.Shop
	temporal client.Client
	tokens   map[string]string
	annas    string // path of anna's order
}

func TestBadInputIsRefusedAndChangesNothing(t *testing.T) {
	w := open(t)
	before := w.settled(t)
	t.Run("order", func(t *testing.T) { w.refusesOrders(t, before) })
	t.Run("request", func(t *testing.T) { w.refusesRequests(t, before) })
	t.Run("call", func(t *testing.T) { w.refusesCalls(t, before) })

	again := w.Bearer(w.tokens[anna]).Place("first", shop.Of("tea", 1, "card_approve"))
	assert.Equal(t, http.StatusCreated, again.Status, "and the shop is as it was: %s", again)
	next := w.Bearer(w.tokens[anna]).Place("next", shop.Of("tea", 1, "card_approve"))
	assert.Equal(t, http.StatusCreated, next.Status, "and open: %s", next)
	t.Run("what is just not bad input", w.takesExtremes)
}

const highestPrice = 1<<53 - 1

// Who sends a request. nobody sends no token.
const (
	nobody   = ""
	anna     = "anna"
	eve      = "eve"
	operator = "operator"
	program  = "orders, with a token for calls between programs"
	late     = "anna, with a token that has expired"
	forger   = "anna, with a token signed by another key"
	babbler  = "somebody whose token is no token"
)

func open(t *testing.T) *world {
	t.Helper()
	w := &world{Shop: shop.Open(t, shop.Options{})}
	w.temporal = w.Temporal()
	w.tokens = map[string]string{
		anna: testkit.Token(t, "anna"), eve: testkit.Token(t, "eve"), operator: testkit.Token(t, "operator", auth.ScopeOperator),
		late: expired(t, "anna"), forger: forged(t, "anna"), babbler: "babble",
	}
	w.tokens[program] = testkit.Token(t, programs.Orders, auth.ScopeService)
	w.Sells("tea", 450, 10)
	w.Sells("palace", highestPrice, 10)
	placed := w.Bearer(w.tokens[anna]).Place("first", shop.Of("tea", 1, "card_approve"))
	require.Equal(t, http.StatusCreated, placed.Status, "%s", placed)
	w.annas = placed.Header.Get("Location")
	return w
}

// expired is a token of the right issuer that was good until an hour ago.
func expired(t *testing.T, subject string) string {
	t.Helper()
	response, err := httpClient.PostForm(testkit.Issuer(t)+"/dev/token", url.Values{"sub": {subject}, "ttl": {"-1h"}})
	require.NoError(t, err)
	defer response.Body.Close()
	var answer struct {
		Token string `json:"access_token"`
	}
	require.NoError(t, json.NewDecoder(response.Body).Decode(&answer))
	require.NotEmpty(t, answer.Token)
	return answer.Token
}

// forged says that it is of the right issuer, and is signed by somebody else.
func forged(t *testing.T, subject string, scopes ...string) string {
	t.Helper()
	return authtest.New(t).TokenWith(t, map[string]any{
		"iss": testkit.Issuer(t), "sub": subject, "scope": strings.Join(scopes, " "),
	})
}

// state is all that a request could have changed.
type state struct {
	Tea, Palace shop.Stock
	// Products and Orders are the bodies of the lists.
	Products, Orders string
	Books            string
	Workflows        int64 // sagas that place orders
}

func (w *world) state(t *testing.T) (now state) {
	t.Helper()
	now.Tea, now.Palace = w.Stock("tea"), w.Stock("palace")
	now.Products = string(w.Operator().Get(shop.Catalog, "/v1/products").Body)
	now.Orders = string(w.Operator().Get(shop.Orders, "/v1/orders").Body)
	// The key the shop gives its provider.
	now.Books = string(w.Bearer("test-provider-key").Get(shop.Paysim, "/v1/books").Body)
	count, err := w.temporal.CountWorkflow(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: w.Namespace, Query: "WorkflowType = '" + sagas.PlaceOrder + "' AND TaskQueue = '" + w.TaskQueue + "'",
	})
	require.NoError(t, err)
	now.Workflows = count.GetCount()
	return now
}

// settled waits until the read sides show what has happened so far.
func (w *world) settled(t *testing.T) (now state) {
	t.Helper()
	testkit.Eventually(t, "the read sides to have caught up", func() bool {
		now = w.state(t)
		return now.Workflows == 1 && strings.Contains(now.Orders, `"behind":0`) && strings.Contains(now.Orders, `"confirmed"`) &&
			strings.Contains(now.Products, `"behind":0`) && strings.Contains(now.Products, `"available":9`) && strings.Contains(now.Products, `"available":10`)
	})
	return now
}

var httpClient = &http.Client{
	Timeout:       2 * time.Minute,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// request is what is sent, byte by byte.
type request struct {
	method, program, path string
	who                   string
	headers               []string // name and value in turn; an empty value removes one
	body                  string
	chunked               bool // without a Content-Length
}

// send sends it and reads the answer.
func (w *world) send(t *testing.T, r request) (status int, header http.Header, body []byte) {
	t.Helper()
	var content io.Reader = strings.NewReader(r.body)
	if r.chunked {
		content = io.MultiReader(content) // whose length net/http does not know
	}
	sent, err := http.NewRequestWithContext(t.Context(), r.method, w.URL(r.program)+r.path, content)
	require.NoError(t, err)
	if r.who != nobody {
		sent.Header.Set("Authorization", "Bearer "+w.tokens[r.who])
	}
	if r.body != "" {
		sent.Header.Set("Content-Type", "application/json")
	}
	if r.method == http.MethodPost {
		sent.Header.Set("Idempotency-Key", t.Name())
	}
	for i := 0; i < len(r.headers); i += 2 {
		sent.Header.Del(r.headers[i])
		if r.headers[i+1] != "" {
			sent.Header.Set(r.headers[i], r.headers[i+1])
		}
	}
	response, err := httpClient.Do(sent)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err = io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, response.Header, body
}

// refuses sends a request and checks that it is refused with a problem, and that nothing has
// changed.
func (w *world) refuses(t *testing.T, r request, status int, slug string, before state) {
	t.Helper()
	got, header, body := w.send(t, r)
	require.Equal(t, status, got, "%s", body)
	assert.Equal(t, "application/problem+json", header.Get("Content-Type"))
	var problem struct {
		Type, Title, Detail, Instance string
		Status                        int
	}
	require.NoError(t, json.Unmarshal(body, &problem), "%s", body)
	assert.Equal(t, "https://ordersaga.dev/problems/"+slug, problem.Type, "%s", body)
	assert.Equal(t, status, problem.Status)
	assert.NotEmpty(t, problem.Title)
	assert.NotEmpty(t, problem.Detail)
	assert.NotContains(t, string(body), w.tokens[anna], "a token is a secret")
	assert.Equal(t, before, w.state(t), "nothing has changed")
}
