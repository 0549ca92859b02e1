// Package paysim speaks to paysim, the payment provider simulator (see cmd/paysim).
package paysim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/propagation"

	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider"
)

// maxAnswer bounds what is read of an answer, in bytes: far above what the books have of an order,
// with messages as long as somebody may make them.
const maxAnswer = 4 << 20

var errTooLarge = errors.New("it is too large")

// Client is paysim as a provider.
type Client struct {
	base    *url.URL
	apiKey  string
	timeout time.Duration
	http    *http.Client
}

var _ provider.Provider = (*Client)(nil)

// New makes a client of the paysim at a URL. Each call ends within the time-out.
func New(baseURL, apiKey string, timeout time.Duration) (*Client, error) {
	base, err := url.Parse(baseURL)
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
		return nil, errors.New("PAYMENT_PROVIDER_URL must be a URL like http://127.0.0.1:8084")
	}
	if base.User != nil { // errors, which are kept and shown, name the URL
		return nil, errors.New("PAYMENT_PROVIDER_URL must not hold a user or password: the key belongs in PAYMENT_PROVIDER_KEY")
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64 // the default of 2 would make most calls of a busy service dial anew
	return &Client{
		base: base, apiKey: apiKey, timeout: timeout,
		http: &http.Client{
			// The provider is told nothing of our traces.
			Transport: otelhttp.NewTransport(transport, otelhttp.WithPropagators(propagation.NewCompositeTextMapPropagator())),
			// A redirected POST may become a GET, and would carry the key elsewhere.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// KeyLifetime implements provider.Provider.
func (c *Client) KeyLifetime() time.Duration { return 24 * time.Hour }

// Authorize implements provider.Provider.
func (c *Client) Authorize(ctx context.Context, a provider.Authorization) (provider.Fact, error) {
	units, err := toPaysim(a.Money)
	if err != nil {
		return provider.Fact{}, fmt.Errorf("authorize for order %s: %w", a.OrderID, err)
	}
	request := map[string]any{
		"reference": a.OrderID, "amount": units, "currency": a.Currency, "source": a.PaymentMethod,
	}
	var answer authorization
	status, header, problem, err := c.callFor(ctx, http.MethodPost, c.base.JoinPath("v1", "authorizations"), a.Key, request, &answer)
	if err != nil {
		return provider.Fact{}, fmt.Errorf("authorize %s for order %s: %w", a.Text(), a.OrderID, err)
	}
	switch {
	case status == http.StatusCreated && replayed(header):
		return c.Lookup(ctx, a.OrderID, a.Key)
	case status == http.StatusCreated && answer.ID != "" && answer.Reference != "",
		status == http.StatusPaymentRequired && answer.Status == "declined" && answer.DeclineCode != "":
		return answer.fact()
	case status == http.StatusBadRequest && problem.Code == "invalid_source":
		// The shopper's to mend, not ours: for the saga it is one of the reasons of a decline.
		return provider.Fact{
			Kind: provider.Declined, DeclineCode: "invalid_payment_method",
			DeclineMessage: "The payment method is not known to the payment provider.",
		}, nil
	default:
		return provider.Fact{}, fmt.Errorf("authorize %s for order %s: %w", a.Text(), a.OrderID, unexpected(status, problem))
	}
}

// Void implements provider.Provider.
func (c *Client) Void(ctx context.Context, key string, h provider.Held) (provider.Fact, error) {
	var answer authorization
	path := c.base.JoinPath("v1", "authorizations", url.PathEscape(h.Reference), "void")
	status, problem, err := c.call(ctx, http.MethodPost, path, key, nil, &answer)
	if err != nil {
		return provider.Fact{}, fmt.Errorf("void %s: %w", h.Reference, err)
	}
	if status != http.StatusOK || answer.ID == "" || answer.Reference == "" {
		return provider.Fact{}, fmt.Errorf("void %s: %w", h.Reference, unexpected(status, problem))
	}
	return answer.fact()
}

// Capture implements provider.Provider.
func (c *Client) Capture(ctx context.Context, m provider.Capture) (provider.Fact, error) {
	return c.move(ctx, fmt.Sprintf("capture %s of %s", m.Text(), m.Authorization), m.OrderID, m.Key,
		c.base.JoinPath("v1", "authorizations", url.PathEscape(m.Authorization), "captures"), m.Money, m.Final)
}

// Refund implements provider.Provider.
func (c *Client) Refund(ctx context.Context, r provider.Refund) (provider.Fact, error) {
	return c.move(ctx, fmt.Sprintf("refund %s of %s", r.Text(), r.Capture), r.OrderID, r.Key,
		c.base.JoinPath("v1", "captures", url.PathEscape(r.Capture), "refunds"), r.Money, false)
}

// replayed tells whether an answer was given before: it may be an old one.
func replayed(header http.Header) bool { return header.Get("Idempotent-Replayed") == "true" }

// move sends a request that moves money.
func (c *Client) move(ctx context.Context, what, orderID, key string, to *url.URL, money domain.Money, final bool) (provider.Fact, error) {
	units, err := toPaysim(money)
	if err != nil {
		return provider.Fact{}, fmt.Errorf("%s: %w", what, err)
	}
	request := map[string]any{"amount": units}
	if final {
		request["final"] = true
	}
	var answer movement
	status, header, problem, err := c.callFor(ctx, http.MethodPost, to, key, request, &answer)
	switch {
	case err != nil:
	case status != http.StatusCreated && (status != http.StatusPaymentRequired || answer.Status != "failed"), !answer.named():
		err = unexpected(status, problem)
	case replayed(header):
		return c.Lookup(ctx, orderID, key)
	default:
		return answer.fact()
	}
	return provider.Fact{}, fmt.Errorf("%s: %w", what, err)
}

// Lookup implements provider.Provider.
func (c *Client) Lookup(ctx context.Context, orderID, key string) (provider.Fact, error) {
	all, err := c.statement(ctx, orderID)
	if err != nil {
		return provider.Fact{}, fmt.Errorf("look up order %s: %w", orderID, err)
	}
	for _, found := range all.Authorizations { // an order may have others, of other steps
		if found.IdempotencyKey == key {
			return found.fact()
		}
	}
	for _, found := range append(all.Captures, all.Refunds...) {
		if found.IdempotencyKey == key {
			return found.fact()
		}
	}
	return provider.Fact{Kind: provider.NotFound}, nil
}

// statement is all that paysim has of an order. An answer that does not list it, such as {} of
// something in between, proves nothing: it must not read as "there is nothing", which after a while
// means never charged.
func (c *Client) statement(ctx context.Context, orderID string) (records, error) {
	path := c.base.JoinPath("v1", "statement")
	path.RawQuery = url.Values{"reference": {orderID}}.Encode()
	return c.records(ctx, path)
}

// call sends a request and decodes the answer: a body of the API's into answer, an error into a
// problem.
func (c *Client) call(ctx context.Context, method string, to *url.URL, key string, body, answer any) (int, problem, error) {
	status, _, p, err := c.callFor(ctx, method, to, key, body, answer)
	return status, p, err
}

// callFor also tells the header of the answer.
func (c *Client) callFor(ctx context.Context, method string, to *url.URL, key string, body, answer any) (int, http.Header, problem, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	request, err := c.request(ctx, method, to, key, body)
	if err != nil {
		return 0, nil, problem{}, err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return 0, nil, problem{}, err
	}
	defer response.Body.Close()
	read, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err == nil && len(read) > maxAnswer {
		err = errTooLarge
	}
	if err != nil {
		return 0, nil, problem{}, fmt.Errorf("read answer %s: %w", response.Status, err)
	}
	var p problem
	switch response.StatusCode {
	case http.StatusOK, http.StatusCreated, http.StatusPaymentRequired:
		err = json.Unmarshal(read, answer)
	default:
		// A proxy in between may answer without a problem; the status says enough.
		_ = json.Unmarshal(read, &p)
	}
	if err != nil {
		return 0, nil, problem{}, fmt.Errorf("read answer %s: %w", response.Status, err)
	}
	return response.StatusCode, response.Header, p, nil
}

func (c *Client) request(ctx context.Context, method string, to *url.URL, key string, body any) (*http.Request, error) {
	var content io.Reader = http.NoBody
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, to.String(), content)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+c.apiKey)
	request.Header.Set("Content-Type", "application/json")
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	return request, nil
}
