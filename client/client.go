package client

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Config of a Client.
type Config struct {
	// URLs of the services, with or without a path in front of /v1. Only those whose operations are
	// used have to be given.
	Orders, Catalog, Inventory, Payments string
	// Services are URLs by the names of services: of the four services unless they are given above,
	// and of others for AuditDelivery.
	Services map[string]string
	// Token gives the token of each request. Nil sends none.
	Token TokenSource
	// Transport of the requests; http.DefaultTransport when nil. It must not repeat requests.
	Transport http.RoundTripper
	// Tries of one call, with growing pauses between them: 5 when 0, 1 is no retry.
	Tries int
}

// TokenSource returns the bearer token of a request. It is called for every request, from any
// goroutine, so it should cache tokens while they are valid.
type TokenSource func(ctx context.Context) (string, error)

// StaticToken returns a TokenSource that always returns the same token.
func StaticToken(token string) TokenSource {
	return func(context.Context) (string, error) { return token, nil }
}

const defaultTries = 5

// Client calls the services. It is safe for concurrent use.
type Client struct {
	urls  map[service]string
	token TokenSource
	http  *http.Client
	tries int
}

// service is the name of a service.
type service string

const (
	orders    service = "orders"
	catalog   service = "catalog"
	inventory service = "inventory"
	payments  service = "payments"
)

// New makes a client. It fails for an invalid URL, and opens no connection.
func New(config Config) (*Client, error) {
	c := &Client{urls: map[service]string{}, token: config.Token, tries: config.Tries}
	urls := map[service]string{}
	for name, given := range config.Services {
		urls[service(name)] = given
	}
	for name, given := range map[service]string{
		orders: config.Orders, catalog: config.Catalog, inventory: config.Inventory, payments: config.Payments,
	} {
		if given != "" {
			urls[name] = given
		}
	}
	for name, given := range urls {
		if given == "" {
			continue
		}
		parsed, err := url.Parse(given)
		if err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Host == "" {
			return nil, fmt.Errorf("the URL of %s must be like https://shop.example.com, not %q", name, given)
		}
		if parsed.RawQuery != "" || parsed.Fragment != "" {
			return nil, fmt.Errorf("the URL of %s must have no query and no fragment, as %q has", name, given)
		}
		c.urls[name] = strings.TrimRight(given, "/")
	}
	if c.tries < 0 {
		return nil, fmt.Errorf("the number of tries must not be negative, not %d", c.tries)
	}
	if c.tries == 0 {
		c.tries = defaultTries
	}
	c.http = &http.Client{
		Transport: config.Transport,
		// The services never redirect: another server must not get the request or the token.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c, nil
}

func (c *Client) url(of service) (string, error) {
	if base := c.urls[of]; base != "" {
		return base, nil
	}
	return "", fmt.Errorf("the client was made without the URL of %s", of)
}

const (
	// callTimeout bounds one try; it is longer than the 30 s within which a service answers.
	callTimeout = 35 * time.Second
	// longCallTimeout is for the operations that may take 55 s.
	longCallTimeout = 60 * time.Second
)

// ErrKey means that an idempotency key is none; nothing was sent.
var ErrKey = errors.New("an idempotency key is 1 to 255 printable ASCII characters")

// keyOf returns the given idempotency key, or a new one.
func keyOf(given string) (string, error) {
	if given == "" {
		return rand.Text(), nil
	}
	printable := strings.IndexFunc(given, func(r rune) bool { return r < ' ' || r > '~' }) < 0
	if !printable || len(given) > 255 || strings.TrimSpace(given) != given {
		return "", fmt.Errorf("%w, not %q", ErrKey, given)
	}
	return given, nil
}
