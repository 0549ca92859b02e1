package auth

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ordersaga/ordersaga/platform/config"
	"github.com/ordersaga/ordersaga/platform/doctor"
)

// CheckIssuer makes a check that the issuer answers and may be trusted.
func CheckIssuer(cfg config.Auth) doctor.Check {
	return doctor.Check{Subject: "OIDC_ISSUER", Try: func(ctx context.Context) (string, error) {
		provider, err := newIssuer(cfg).discovered(ctx)
		if err != nil {
			return "", err
		}
		if _, _, err := newTokenVerifier(provider, newIssuer(cfg), time.Now); err != nil {
			return "", err
		}
		found := cfg.Issuer + " answers"
		if !cfg.Production() {
			return found, doctor.Remark("ORDERSAGA_ENV is development: plain http and development issuers are allowed")
		}
		return found, nil
	}}
}

// CheckClient makes a check that the issuer gives this program a token that the services accept:
// with their audience and ScopeService.
func CheckClient(cfg config.Client) doctor.Check {
	return doctor.Check{Subject: "OIDC_CLIENT_ID", Needs: "OIDC_ISSUER", Try: func(ctx context.Context) (string, error) {
		tokens := &serviceTokens{ctx: ctx, cfg: cfg, issuer: newIssuer(cfg.Auth), now: time.Now}
		token, err := tokens.fetch(ctx)
		if err != nil {
			return "", err
		}
		verifier := newVerifier(cfg.Auth)
		identity, err := verifier.verify(ctx, token.AccessToken)
		if err != nil {
			return "", fmt.Errorf("the issuer gives %s a token that the services refuse: %w; OIDC_AUDIENCE is %q", cfg.ClientID, err, cfg.Audience)
		}
		if !identity.Has(ScopeService) {
			return "", fmt.Errorf("the issuer gives %s a token with the scopes [%s], without %s: grant that scope to the client",
				cfg.ClientID, strings.Join(identity.Scopes, " "), ScopeService)
		}
		return fmt.Sprintf("%s gets a token with %s", cfg.ClientID, ScopeService), nil
	}}
}
