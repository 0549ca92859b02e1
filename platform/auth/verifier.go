package auth

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/maypok86/otter/v2"

	"github.com/ordersaga/ordersaga/platform/config"
	"github.com/ordersaga/ordersaga/platform/text"
)

const (
	// firstContact is how long a start waits for the issuer, to refuse a development issuer at
	// once.
	firstContact = 2 * time.Second
	// maxToken in bytes; larger than issuers' tokens.
	maxToken = 16 << 10
	// maxSubject in bytes; OpenID Connect Core allows 255.
	maxSubject = 255
)

// ErrInvalidToken means that the caller did not prove who it is.
var ErrInvalidToken = errors.New("invalid token")

// Verifier verifies bearer tokens: JWTs of the issuer, signed with one of its published keys, meant
// for our audience, not expired.
//
// A token that was verified is not verified again until it expires or the issuer's keys are
// downloaded anew: a program sends the same token with each call.
type Verifier struct {
	issuer *issuer
	now    func() time.Time
	recent *otter.Cache[[sha256.Size]byte, verified] // by the hash of the token

	mu       sync.Mutex
	verifier *oidc.IDTokenVerifier
	keys     *keys
}

// maxRecent is how many verified tokens are remembered.
const maxRecent = 10_000

// verified is what a token was found to be, by the keys of one download.
type verified struct {
	identity Identity
	expires  time.Time
	by       *keySet
}

// NewVerifier makes a verifier for cfg. The issuer need not answer yet; until it does, Verify and
// Ready return ErrUnavailable. It fails for invalid settings, and for a development issuer in
// production.
func NewVerifier(ctx context.Context, cfg config.Auth) (*Verifier, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	v := newVerifier(cfg)
	ctx, cancel := context.WithTimeout(ctx, firstContact)
	defer cancel()
	if err := v.Ready(ctx); errors.Is(err, ErrDevelopmentIssuer) {
		return nil, err
	}
	return v, nil
}

func newVerifier(cfg config.Auth) *Verifier {
	return &Verifier{
		issuer: newIssuer(cfg), now: time.Now,
		recent: otter.Must(&otter.Options[[sha256.Size]byte, verified]{MaximumSize: maxRecent}),
	}
}

// Ready returns nil when tokens can be verified.
func (v *Verifier) Ready(ctx context.Context) error {
	_, _, err := v.discovered(ctx)
	return err
}

// Verify returns the identity in a token. The error is ErrInvalidToken, with the reason, or
// ErrUnavailable when the issuer could not be asked; neither contains the token. The reason is
// logged at level info and must not be sent to the caller.
func (v *Verifier) Verify(ctx context.Context, rawToken string) (Identity, error) {
	identity, err := v.verify(ctx, rawToken)
	if errors.Is(err, ErrInvalidToken) {
		slog.InfoContext(ctx, "token refused", "reason", text.Line(err.Error(), enough))
	}
	return identity, err
}

func (v *Verifier) verify(ctx context.Context, rawToken string) (Identity, error) {
	if len(rawToken) > maxToken {
		return Identity{}, fmt.Errorf("%w: longer than %d bytes", ErrInvalidToken, maxToken)
	}
	verifier, keys, err := v.discovered(ctx)
	if err != nil {
		return Identity{}, err
	}
	hash := sha256.Sum256([]byte(rawToken))
	if known, found := v.recent.GetIfPresent(hash); found && v.now().Before(known.expires) {
		if set, err := keys.current(ctx); err == nil && set == known.by {
			return known.identity, nil
		}
	}
	outcome := new(keyOutcome)
	token, err := verifier.Verify(context.WithValue(ctx, keyOutcomeKey{}, outcome), rawToken)
	if outcome.unavailable != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrUnavailable, outcome.unavailable)
	}
	if err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrInvalidToken, err)
	}
	if token.Subject == "" || len(token.Subject) > maxSubject {
		return Identity{}, fmt.Errorf("%w: its subject must have 1 to %d bytes, it has %d", ErrInvalidToken, maxSubject, len(token.Subject))
	}
	// PostgreSQL cannot store NUL, a line break would forge a log line, and invisible or direction
	// characters would show one customer as another.
	if err := text.Check(token.Subject); err != nil {
		return Identity{}, fmt.Errorf("%w: its subject %w", ErrInvalidToken, err)
	}
	var claims claims
	if err := token.Claims(&claims); err != nil {
		return Identity{}, fmt.Errorf("%w: its scopes or its client cannot be read: %w", ErrInvalidToken, err)
	}
	identity := Identity{Subject: token.Subject, Client: claims.client(token.Subject), Scopes: claims.scopes()}
	v.recent.Set(hash, verified{identity, token.Expiry, outcome.set})
	return identity, nil
}

func (v *Verifier) discovered(ctx context.Context) (*oidc.IDTokenVerifier, *keys, error) {
	provider, err := v.issuer.discovered(ctx)
	if err != nil {
		return nil, nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.verifier == nil {
		if v.verifier, v.keys, err = newTokenVerifier(provider, v.issuer, v.now); err != nil {
			return nil, nil, err
		}
	}
	return v.verifier, v.keys, nil
}

func newTokenVerifier(provider *oidc.Provider, issuer *issuer, now func() time.Time) (*oidc.IDTokenVerifier, *keys, error) {
	var self struct {
		Keys       string   `json:"jwks_uri"`
		Algorithms []string `json:"id_token_signing_alg_values_supported"`
	}
	if err := provider.Claims(&self); err != nil {
		return nil, nil, fmt.Errorf("%w: OIDC_ISSUER %s has a discovery document that cannot be read: %w", ErrUnavailable, issuer.cfg.Issuer, err)
	}
	algorithms := publicKeyAlgorithms(self.Algorithms)
	keys := newKeys(issuer.client, self.Keys, algorithms, now)
	return oidc.NewVerifier(issuer.cfg.Issuer, keys, &oidc.Config{
		ClientID: issuer.cfg.Audience, SupportedSigningAlgs: algorithms, Now: now,
	}), keys, nil
}

// publicKeyAlgorithms returns the algorithms of the issuer's list that are verified with a
// published key: never "none" or a shared secret. When there is none, it is RS256, which OpenID
// Connect requires.
func publicKeyAlgorithms(offered []string) []string {
	var accepted []string
	for _, algorithm := range offered {
		switch algorithm {
		case oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512,
			oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA:
			accepted = append(accepted, algorithm)
		}
	}
	if len(accepted) == 0 {
		return []string{oidc.RS256}
	}
	return accepted
}
