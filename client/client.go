package client

import (
	"context"
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
	// Services are URLs by the names of services: the same four where they are not given above, and
	// others for AuditDelivery.
	Services map[string]string
	// Token is asked before each request. Nil sends none.
	Token TokenSource
	// Transport of the requests; http.DefaultTransport when nil. It must not repeat requests.
	Transport http.RoundTripper
	// Tries of one call, with growing pauses between them: 5 when 0, 1 is no retry.
	Tries int
}

// TokenSource gives the bearer token of the next request. It is called for every one, from any
// goroutine, so that one which fetches tokens keeps them while they are valid.
type TokenSource func(ctx context.Context) (string, error)

// StaticToken is always the same token.
func StaticToken(token string) TokenSource {
	return func(context.Context) (string, error) { return token, nil }
}

const defaultTries = 5

// Client calls the services. It can be used by many goroutines at once.
type Client struct {
	urls  map[service]string
	token TokenSource
	http  *http.Client
	tries int
}

// service that has an operation, as errors name it.
type service string

const (
	orders    service = "orders"
	catalog   service = "catalog"
	inventory service = "inventory"
	payments  service = "payments"
)

// New makes a client. It fails on a URL that is none, and opens no connection.
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
		// The services redirect nobody: who does gets neither the request nor the token.
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
	// callTimeout of one try is above the 30 s within which a service answers.
	callTimeout = 35 * time.Second
	// longCallTimeout is for the operations that have 55 s.
	longCallTimeout = 60 * time.Second
)

var errNoKey = errors.New("an idempotency key is 1 to 255 printable ASCII characters")

// key is the one given, or a new one.
func key(given string, random func() string) (string, error) {
	if given == "" {
		return random(), nil
	}
	printable := strings.IndexFunc(given, func(r rune) bool { return r < ' ' || r > '~' }) < 0
	if !printable || len(given) > 255 || strings.TrimSpace(given) != given {
		return "", fmt.Errorf("%w, not %q", errNoKey, given)
	}
	return given, nil
}
