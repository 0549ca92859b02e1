package issuer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// ClientToken gets a token with scopes from an OpenID Connect issuer, by OAuth 2.0 client
// credentials.
func ClientToken(ctx context.Context, issuerURL, id, secret string, scopes ...string) (string, error) {
	if issuerURL == "" {
		return "", errors.New("OIDC_ISSUER is required with OIDC_CLIENT_ID: the URL of the issuer that gives the token")
	}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	provider, err := oidc.NewProvider(ctx, issuerURL)
	if err != nil {
		return "", fmt.Errorf("OIDC_ISSUER %s: %w", issuerURL, err)
	}
	client := clientcredentials.Config{ClientID: id, ClientSecret: secret, TokenURL: provider.Endpoint().TokenURL, Scopes: scopes}
	token, err := client.Token(ctx)
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) { // its text may contain the request
		return "", fmt.Errorf("OIDC_ISSUER %s gives %s no token: %s %s", issuerURL, id, refused.Response.Status, refused.ErrorCode)
	}
	if err != nil {
		return "", fmt.Errorf("OIDC_ISSUER %s gives %s no token: %w", issuerURL, id, err)
	}
	return token.AccessToken, nil
}
