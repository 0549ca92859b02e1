package auth

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
	"google.golang.org/grpc/credentials"

	"github.com/ordersaga/ordersaga/platform/config"
)

// refreshShare is the part of a token's lifetime after which a new one is fetched in the
// background.
const refreshShare = 0.75

// ServiceTokens gives this service's gRPC calls a bearer token with ScopeService, by OAuth 2.0
// client credentials. The token is cached and renewed before it expires; a call waits for the
// issuer only when there is none yet.
//
// Calls fail with ErrUnavailable while there is no token. The background work ends with ctx.
func ServiceTokens(ctx context.Context, cfg config.Client) credentials.PerRPCCredentials {
	return &serviceTokens{ctx: ctx, cfg: cfg, issuer: newIssuer(cfg.Auth), now: time.Now}
}

type serviceTokens struct {
	ctx    context.Context
	cfg    config.Client
	issuer *issuer
	now    func() time.Time

	mu      sync.Mutex
	token   *oauth2.Token
	renewAt time.Time
	pending *tokenRequest
}

// tokenRequest is one request for a token, for which several calls may wait.
type tokenRequest struct {
	done  chan struct{}
	token *oauth2.Token
	err   error
}

// GetRequestMetadata implements credentials.PerRPCCredentials.
func (s *serviceTokens) GetRequestMetadata(ctx context.Context, _ ...string) (map[string]string, error) {
	token, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	return map[string]string{"authorization": "Bearer " + token.AccessToken}, nil
}

// RequireTransportSecurity implements credentials.PerRPCCredentials. It is false because services
// on one machine use plain text. In production a start requires TLS for services on other machines
// (doctor.Unencrypted).
func (s *serviceTokens) RequireTransportSecurity() bool { return false }

func (s *serviceTokens) current(ctx context.Context) (*oauth2.Token, error) {
	s.mu.Lock()
	now := s.now()
	usable := s.token != nil && now.Before(s.token.Expiry)
	if s.pending == nil && (!usable || now.After(s.renewAt)) {
		s.pending = &tokenRequest{done: make(chan struct{})}
		go s.request(s.pending)
	}
	token, pending := s.token, s.pending
	s.mu.Unlock()
	if usable {
		return token, nil
	}
	select {
	case <-pending.done:
		return pending.token, pending.err
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: wait for a service token: %w", ErrUnavailable, context.Cause(ctx))
	}
}

// request does not use a call's context: other calls wait for the same token.
func (s *serviceTokens) request(r *tokenRequest) {
	ctx, cancel := context.WithTimeout(s.ctx, issuerTimeout)
	defer cancel()
	r.token, r.err = s.fetch(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.err == nil {
		now := s.now()
		life := r.token.Expiry.Sub(now)
		s.token, s.renewAt = r.token, now.Add(time.Duration(float64(life)*refreshShare))
	} else {
		// The old token may still be valid: do not ask again at every call.
		s.renewAt = s.now().Add(rediscovery)
	}
	s.pending = nil
	close(r.done)
}

func (s *serviceTokens) fetch(ctx context.Context) (*oauth2.Token, error) {
	provider, err := s.issuer.discovered(ctx)
	if err != nil {
		return nil, err
	}
	client := clientcredentials.Config{
		ClientID:       s.cfg.ClientID,
		ClientSecret:   s.cfg.ClientSecret.Reveal(),
		TokenURL:       provider.Endpoint().TokenURL,
		Scopes:         []string{ScopeService},
		EndpointParams: url.Values{"audience": {s.cfg.Audience}},
	}
	token, err := client.Token(context.WithValue(ctx, oauth2.HTTPClient, s.issuer.client))
	if err != nil {
		return nil, fmt.Errorf("%w: get a service token for %s: %w", ErrUnavailable, s.cfg.ClientID, withoutBody(err))
	}
	if token.Expiry.IsZero() {
		// The issuer gave no lifetime: assume a short one.
		token.Expiry = s.now().Add(time.Minute)
	}
	return token, nil
}

// withoutBody drops the issuer's answer, which may echo credentials, from an error and keeps its
// code.
func withoutBody(err error) error {
	var retrieve *oauth2.RetrieveError
	if errors.As(err, &retrieve) && retrieve.Response != nil {
		return fmt.Errorf("the issuer answered %s %s", retrieve.Response.Status, retrieve.ErrorCode)
	}
	return err
}
