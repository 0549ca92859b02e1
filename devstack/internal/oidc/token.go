package oidc

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	lifetime = time.Hour
	// A development token may have a long lifetime, or be expired from the start, for tests.
	longestLifetime = 30 * 24 * time.Hour
	longestSubject  = 255
)

// fault is an error answer of RFC 6749, section 5.2.
type fault struct {
	Status      int    `json:"-"`
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

// token is the client credentials grant of RFC 6749, section 4.4.
func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	id, scope, refused := i.grant(r)
	if refused != nil {
		if refused.Status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", `Basic realm="ordersaga"`)
		}
		answer(w, refused.Status, refused)
		return
	}
	i.issue(w, id, lifetime, jwt.MapClaims{"scope": scope, "client_id": id})
}

func (i *Issuer) grant(r *http.Request) (id, scope string, refused *fault) {
	if err := r.ParseForm(); err != nil {
		return "", "", &fault{http.StatusBadRequest, "invalid_request", "the body is no form"}
	}
	if grant := r.PostForm.Get("grant_type"); grant != "client_credentials" {
		return "", "", &fault{http.StatusBadRequest, "unsupported_grant_type", "grant_type must be client_credentials"}
	}
	id, secret := credentials(r)
	client, known := i.clients[id]
	// Compared for unknown clients too, so that the time of the answer reveals nothing.
	if subtle.ConstantTimeCompare([]byte(secret), []byte(client.Secret)) != 1 || !known {
		return "", "", &fault{http.StatusUnauthorized, "invalid_client", "unknown client or wrong secret"}
	}
	allowed := strings.Fields(client.Scope)
	wanted := strings.Fields(r.PostForm.Get("scope"))
	if len(wanted) == 0 {
		wanted = allowed
	}
	for _, scope := range wanted {
		if !slices.Contains(allowed, scope) {
			return "", "", &fault{http.StatusBadRequest, "invalid_scope", fmt.Sprintf("the client may not have the scope %q", scope)}
		}
	}
	return id, strings.Join(wanted, " "), nil
}

// credentials reads the client's credentials from basic authentication (URL encoded, RFC 6749
// section 2.3.1) or from the form.
func credentials(r *http.Request) (id, secret string) {
	if user, password, ok := r.BasicAuth(); ok {
		return unescaped(user), unescaped(password)
	}
	return r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
}

func unescaped(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

// request for a development token.
type request struct {
	Subject string `json:"sub"`
	Scope   string `json:"scope"`
	// TTL such as "15m", or seconds; one hour when empty; negative for an expired token.
	TTL ttl `json:"ttl"`
}

// ttl is text, or a number of seconds.
type ttl string

func (t *ttl) UnmarshalJSON(raw []byte) error {
	*t = ttl(strings.Trim(string(raw), `"`))
	return nil
}

func (i *Issuer) devToken(w http.ResponseWriter, r *http.Request) {
	wanted, err := readRequest(r)
	var length time.Duration
	if err == nil {
		length, err = wanted.lifetime()
	}
	if err != nil {
		answer(w, http.StatusBadRequest, fault{Code: "invalid_request", Description: err.Error()})
		return
	}
	i.issue(w, wanted.Subject, length, jwt.MapClaims{"scope": strings.Join(strings.Fields(wanted.Scope), " ")})
}

func readRequest(r *http.Request) (request, error) {
	var wanted request
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "application/json" {
		decoder := json.NewDecoder(r.Body)
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&wanted); err != nil {
			return request{}, fmt.Errorf("the body is no JSON object of sub, scope and ttl: %w", err)
		}
	} else {
		if err := r.ParseForm(); err != nil {
			return request{}, errors.New("the body is no form")
		}
		wanted = request{Subject: r.PostForm.Get("sub"), Scope: r.PostForm.Get("scope"), TTL: ttl(r.PostForm.Get("ttl"))}
	}
	if wanted.Subject == "" || len(wanted.Subject) > longestSubject {
		return request{}, fmt.Errorf("sub must have 1 to %d bytes", longestSubject)
	}
	return wanted, nil
}

func (r request) lifetime() (time.Duration, error) {
	if r.TTL == "" {
		return lifetime, nil
	}
	length, err := time.ParseDuration(string(r.TTL))
	if seconds, notSeconds := strconv.ParseInt(string(r.TTL), 10, 32); notSeconds == nil {
		length, err = time.Duration(seconds)*time.Second, nil
	}
	if err != nil || length.Abs() > longestLifetime {
		return 0, fmt.Errorf("ttl %q is no duration such as \"15m\" of at most %s", r.TTL, longestLifetime)
	}
	return length, nil
}

// issue answers with a token for a subject, with further claims: the scope and, for a client's own
// token, the client (RFC 9068).
func (i *Issuer) issue(w http.ResponseWriter, subject string, length time.Duration, more jwt.MapClaims) {
	now := time.Now()
	expires := now.Add(length)
	issued := now
	if length < 0 {
		issued = expires.Add(-lifetime) // an expired token was issued before it expired
	}
	claims := jwt.MapClaims{
		"iss": i.url, "sub": subject, "aud": []string{i.audience},
		"iat": issued.Unix(), "exp": expires.Unix(), "jti": rand.Text(),
	}
	maps.Copy(claims, more)
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	token.Header["kid"] = i.public.KeyID
	signed, err := token.SignedString(i.key)
	if err != nil {
		answer(w, http.StatusInternalServerError, fault{Code: "server_error", Description: "the token could not be signed"})
		return
	}
	answer(w, http.StatusOK, map[string]any{
		"access_token": signed, "token_type": "Bearer", "expires_in": int64(length.Seconds()), "scope": more["scope"],
	})
}
