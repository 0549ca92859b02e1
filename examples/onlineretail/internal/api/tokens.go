package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Caller is the user for whom a request is made.
type Caller struct {
	Subject  string
	Operator bool
}

// operatorScope of those who may change products and stock.
const operatorScope = "ordersaga.operator"

const (
	lifetime = time.Hour
	// early is the time before its expiry from which a token is no longer used.
	early = 10 * time.Minute
	// issuing bounds one call of the issuer.
	issuing = 15 * time.Second
)

// Tokens has a bearer token for each caller: a given one, or one of the development issuer.
type Tokens struct {
	// Issuer is the development issuer's URL.
	Issuer string
	// Operator and Shopper are given tokens. With a given token all shoppers are one.
	Operator, Shopper string

	mu     sync.Mutex
	issued map[Caller]token
}

type token struct {
	text  string
	until time.Time
}

// For returns a caller's token.
func (t *Tokens) For(ctx context.Context, caller Caller) (string, error) {
	if given := t.given(caller); given != "" {
		return given, nil
	}
	t.mu.Lock()
	known := t.issued[caller]
	t.mu.Unlock()
	if time.Now().Before(known.until.Add(-early)) {
		return known.text, nil
	}
	// Outside the lock, so that callers wait only for their own tokens.
	text, err := t.issue(ctx, caller)
	if err != nil {
		return "", err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.issued == nil {
		t.issued = map[Caller]token{}
	}
	t.issued[caller] = token{text, time.Now().Add(lifetime)}
	return text, nil
}

// Replace makes For get a new token after one was refused. It returns false when a new token cannot
// help: a given token cannot be replaced, and a new one was not refused because of its age.
func (t *Tokens) Replace(caller Caller, refused string) bool {
	if t.given(caller) != "" {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	known := t.issued[caller]
	if known.text == refused {
		delete(t.issued, caller)
	}
	return known.text != refused || time.Until(known.until) < lifetime-time.Minute
}

func (t *Tokens) given(caller Caller) string {
	if caller.Operator {
		return t.Operator
	}
	return t.Shopper
}

func (t *Tokens) issue(ctx context.Context, caller Caller) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, issuing)
	defer cancel()
	form := url.Values{"sub": {caller.Subject}, "ttl": {lifetime.String()}}
	if caller.Operator {
		form.Set("scope", operatorScope)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, t.Issuer+"/dev/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", fmt.Errorf("ask the development issuer for a token: %w", err)
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
	err = json.NewDecoder(io.LimitReader(response.Body, largestAnswer)).Decode(&answer)
	if err != nil || answer.AccessToken == "" {
		return "", fmt.Errorf("the development issuer %s gives no token for %q: %s %s", t.Issuer, caller.Subject, response.Status, answer.Description)
	}
	return answer.AccessToken, nil
}
