package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/ordersaga/ordersaga/platform/config"
	"github.com/ordersaga/ordersaga/platform/text"
	"github.com/ordersaga/ordersaga/platform/unavailable"
)

const (
	// issuerTimeout bounds each request to the issuer.
	issuerTimeout = 5 * time.Second
	// rediscovery is the shortest time between two tries to reach an issuer that does not answer,
	// so that many callers do not cause many tries.
	rediscovery = time.Second
)

// ErrUnavailable means that the issuer could not be asked, so the caller could not be verified. The
// call may be repeated later.
var ErrUnavailable = unavailable.New("The token issuer is not available", nil)

// ErrDevelopmentIssuer means that production settings name a development issuer.
var ErrDevelopmentIssuer = errors.New("a development issuer is refused in production")

// issuer gets the issuer's discovery document when it is first needed, and tries again until the
// issuer has answered once. So a service can start before its issuer.
type issuer struct {
	cfg    config.Auth
	client *http.Client

	mu       sync.Mutex
	provider *oidc.Provider
	pending  *discovery
	failed   error
	failedAt time.Time
}

// discovery is one try, for which several callers may wait.
type discovery struct {
	done     chan struct{}
	provider *oidc.Provider
	err      error
}

func newIssuer(cfg config.Auth) *issuer {
	return &issuer{cfg: cfg, client: &http.Client{Timeout: issuerTimeout}}
}

// discovered returns the issuer's discovery document.
func (i *issuer) discovered(ctx context.Context) (*oidc.Provider, error) {
	i.mu.Lock()
	if i.provider != nil {
		defer i.mu.Unlock()
		return i.provider, nil
	}
	if i.failed != nil && time.Since(i.failedAt) < rediscovery {
		defer i.mu.Unlock()
		return nil, i.failed
	}
	if i.pending == nil {
		i.pending = &discovery{done: make(chan struct{})}
		go i.discover(i.pending)
	}
	pending := i.pending
	i.mu.Unlock()

	select {
	case <-pending.done:
		return pending.provider, pending.err
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: OIDC_ISSUER %s: %w", ErrUnavailable, i.cfg.Issuer, context.Cause(ctx))
	}
}

// discover does not use a caller's context: other callers wait for the same answer.
func (i *issuer) discover(try *discovery) {
	ctx, cancel := context.WithTimeout(context.Background(), issuerTimeout)
	defer cancel()
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, i.client), i.cfg.Issuer)
	switch {
	case err != nil:
		try.err = fmt.Errorf("%w: OIDC_ISSUER %s: %s", ErrUnavailable, i.cfg.Issuer, oneLine(err))
	default:
		if try.err = i.check(provider); try.err == nil {
			try.provider = provider
		}
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.provider, i.failed, i.failedAt = try.provider, try.err, time.Now()
	i.pending = nil
	close(try.done)
}

// oneLine returns an error's text on one bounded line: it may quote an error page.
func oneLine(err error) string { return text.Line(err.Error(), enough) }

// enough bounds quoted text of others, in characters.
const enough = 200

// check refuses a development issuer in production: it gives tokens to anybody.
func (i *issuer) check(provider *oidc.Provider) error {
	var self struct {
		Development bool `json:"ordersaga_development_issuer"`
	}
	if err := provider.Claims(&self); err != nil {
		return fmt.Errorf("%w: OIDC_ISSUER %s has a discovery document that cannot be read: %w", ErrUnavailable, i.cfg.Issuer, err)
	}
	if self.Development && i.cfg.Production() {
		return fmt.Errorf("%w: OIDC_ISSUER %s; set ORDERSAGA_ENV=development or another issuer", ErrDevelopmentIssuer, i.cfg.Issuer)
	}
	return nil
}
