// Package issuer gets tokens from the development issuer.
package issuer

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Operator is the scope of operators.
const Operator = "ordersaga.operator"

// Token gets a bearer token for any subject, with any scopes and a lifetime, from a development
// issuer.
func Token(ctx context.Context, issuerURL, subject string, ttl time.Duration, scopes ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	form := url.Values{"sub": {subject}, "scope": {strings.Join(scopes, " ")}, "ttl": {ttl.String()}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, issuerURL+"/dev/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", fmt.Errorf("ask the development issuer %s for a token: %w", issuerURL, err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", fmt.Errorf("ask the development issuer for a token: %w", err)
	}
	defer response.Body.Close()
	var answer struct {
		AccessToken string `json:"access_token"`
		Description string `json:"error_description"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return "", fmt.Errorf("ask the development issuer %s for a token: %s: %w", issuerURL, response.Status, err)
	}
	if answer.AccessToken == "" {
		return "", fmt.Errorf("the development issuer %s gives no token: %s %s", issuerURL, response.Status, answer.Description)
	}
	return answer.AccessToken, nil
}
