package paysim

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/ordersaga/ordersaga/platform/telemetry"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider"
)

// What paysim really answers is tested with the real paysim, in the service's tests. Here are the
// answers it should never give, which proxies and mistakes do: none of them is a fact.

var asked = provider.Authorization{Key: "k", OrderID: "o", Money: domain.Money{Amount: 1234, Currency: "GBP"}, PaymentMethod: "card_approve"}

var held = provider.Held{OrderID: "o", Reference: "auth_1", Money: asked.Money}

func answering(t *testing.T, handler http.HandlerFunc) *Client {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	client, err := New(server.URL, "key", time.Second)
	require.NoError(t, err)
	return client
}

func TestAnAnswerThatIsNotTheOneAskedForIsNoFact(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
	}{
		"no id":                 {201, `{"reference":"o","amount":1234,"currency":"GBP","status":"authorized"}`},
		"no order":              {201, `{"id":"auth_1","amount":1234,"currency":"GBP","status":"authorized"}`},
		"not authorized":        {201, `{"id":"auth_1","reference":"o","amount":1234,"currency":"GBP","status":"pending"}`},
		"no JSON":               {201, `<html>`},
		"200 without anything":  {200, `{}`},
		"402 without a code":    {402, `{"status":"declined"}`},
		"400 of a proxy":        {400, `<html>`},
		"400 of another reason": {400, `{"code":"invalid_amount"}`},
		"a wrong key":           {401, `{"code":"unauthorized"}`},
		"in progress":           {409, `{"code":"in_progress"}`},
		"another's key":         {422, `{"code":"idempotency_key_reused"}`},
		"too many":              {429, ``},
		"an error":              {500, `{"code":"internal"}`},
		"a proxy":               {502, `<html>`},
	} {
		client := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		})
		_, err := client.Authorize(t.Context(), asked)
		assert.Error(t, err, name)
		_, err = client.Void(t.Context(), "k", held)
		assert.Error(t, err, "void: %s", name)
		_, err = client.Lookup(t.Context(), "o", "k")
		assert.Error(t, err, "lookup: %s", name)
	}
}

// Every status that there is, or may be, ends somewhere: as a fact, or with an operator.
func TestEveryStatusIsAFactOrUnclear(t *testing.T) {
	for status, want := range map[string]provider.Kind{
		"authorized": provider.Authorized, "declined": provider.Declined, "voided": provider.Voided, "expired": provider.Expired,
		"captured": provider.Captured, "refunded": provider.Voided, "pending": "", "": "", "AUTHORIZED": "",
	} {
		client := answering(t, func(w http.ResponseWriter, r *http.Request) {
			one := fmt.Sprintf(`{"id":"auth_1","reference":"o","amount":1235,"currency":"EUR","idempotency_key":"k","decline_code":"card_declined","status":%q}`, status)
			switch {
			case r.Method == http.MethodGet:
				one = `{"authorizations":[` + one + `],"captures":[],"refunds":[],"disputes":[]}`
			case r.URL.Path == "/v1/authorizations":
				w.WriteHeader(http.StatusCreated)
			}
			_, _ = io.WriteString(w, one)
		})
		for name, call := range map[string]func() (provider.Fact, error){
			"authorize": func() (provider.Fact, error) { return client.Authorize(t.Context(), asked) },
			"void":      func() (provider.Fact, error) { return client.Void(t.Context(), "v", held) },
			"lookup":    func() (provider.Fact, error) { return client.Lookup(t.Context(), "o", "k") },
		} {
			fact, err := call()
			var unclear *provider.UnclearError
			switch {
			case want == "":
				require.ErrorAs(t, err, &unclear, "%s of %s", name, status)
				assert.Contains(t, err.Error(), fmt.Sprintf("%q", status))
				continue
			case want == provider.Declined:
				assert.Equal(t, "card_declined", fact.DeclineCode)
			default:
				assert.Equal(t, domain.Money{Amount: 1235, Currency: "EUR"}, fact.Money, "what paysim says, not what was asked")
				assert.Equal(t, "auth_1", fact.Reference)
			}
			require.NoError(t, err, "%s of %s", name, status)
			assert.Equal(t, want, fact.Kind)
			assert.Equal(t, "o", fact.OrderID)
		}
	}
}

func TestTheProviderIsToldNothingOfOurTraces(t *testing.T) {
	telemetry.SetupForTest(t, tracetest.NewInMemoryExporter())
	otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}))
	member, err := baggage.NewMember("secret", "of-a-shopper")
	require.NoError(t, err)
	carried, err := baggage.New(member)
	require.NoError(t, err)
	ctx, span := telemetry.Tracer("test").Start(baggage.ContextWithBaggage(t.Context(), carried), "authorize")
	defer span.End()

	var told http.Header
	client := answering(t, func(w http.ResponseWriter, r *http.Request) { told = r.Header })
	_, _ = client.Authorize(ctx, asked)
	require.NotEmpty(t, told)
	for _, name := range []string{"Traceparent", "Tracestate", "Baggage"} {
		assert.Empty(t, told.Values(name), name)
	}
}

func TestARedirectIsNotFollowedWithTheKey(t *testing.T) {
	reached := false
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	t.Cleanup(elsewhere.Close)
	client := answering(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	})
	_, err := client.Authorize(t.Context(), asked)
	assert.Error(t, err)
	assert.False(t, reached)
}

func TestACallEndsWithinItsDeadline(t *testing.T) {
	release := make(chan struct{})
	client := answering(t, func(w http.ResponseWriter, r *http.Request) { <-release })
	t.Cleanup(func() { close(release) })
	client.timeout = 50 * time.Millisecond
	begun := time.Now()
	_, err := client.Authorize(t.Context(), asked)
	require.ErrorContains(t, err, "deadline")
	assert.Less(t, time.Since(begun), time.Minute)
	assert.NotContains(t, err.Error(), "Bearer")
}

func TestAnAddressThatCannotBeOneIsRefusedAtTheStart(t *testing.T) {
	for _, address := range []string{"", "127.0.0.1:8084", "ftp://provider", "http://", "https://user:secret@provider"} {
		_, err := New(address, "key", time.Second)
		require.ErrorContains(t, err, "PAYMENT_PROVIDER_URL", address)
		assert.NotContains(t, err.Error(), "secret")
	}
}
