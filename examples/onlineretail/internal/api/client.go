// Package api talks to Ordersaga's public REST interface and does not give up when a service is
// away for a while.
package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
)

const (
	// timeout of one request; above the longest wait for an order, 50 s.
	timeout = 60 * time.Second
	// largestAnswer is not read on.
	largestAnswer = 16 << 20
)

// Client sends requests, again and again if need be. It is safe for concurrent use.
type Client struct {
	http    *http.Client
	tokens  *Tokens
	retries atomic.Int64
}

// NewClient makes a client that has as many connections as there are callers.
func NewClient(tokens *Tokens, callers int) *Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost, transport.MaxIdleConns = callers, 0
	return &Client{http: &http.Client{Timeout: timeout, Transport: transport}, tokens: tokens}
}

// Retries is how many requests had to be sent once more so far.
func (c *Client) Retries() int64 { return c.retries.Load() }

// Request is a call that can be repeated without doing twice what it does.
type Request struct {
	Method, URL string
	As          Caller
	// Key is sent as Idempotency-Key when it is not empty.
	Key string
	// Prefer is sent as it is when it is not empty (RFC 7240).
	Prefer string
	// Body is sent as JSON when it is not nil.
	Body any
}

// Answer is what the service decided.
type Answer struct {
	Status   int
	Header   http.Header
	Body     []byte
	Attempts int // requests that were sent until there was this answer
}

// Replayed tells that an earlier request with the key did the work.
func (a *Answer) Replayed() bool { return a.Header.Get("Idempotent-Replayed") == "true" }

// Decode reads the body of an answer below 400 into value; another one is a
// *Problem.
func (a *Answer) Decode(value any) error {
	if a.Status >= http.StatusBadRequest {
		return a.Problem()
	}
	if err := json.Unmarshal(a.Body, value); err != nil {
		return fmt.Errorf("the answer is not what was expected: %w: %.200s", err, a.Body)
	}
	return nil
}

// Do sends the request until it is answered: no connection, 401 with an old token, 408, 429 and
// what begins with 5 are no answers. It fails when the context ends, and says what stood in the way
// last.
func (c *Client) Do(ctx context.Context, r Request) (*Answer, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = json.Marshal(r.Body); err != nil {
			return nil, fmt.Errorf("%s %s: write the request: %w", r.Method, r.URL, err)
		}
	}
	attempts, last := 0, error(nil)
	answer, err := backoff.Retry(ctx, func() (*Answer, error) {
		if attempts++; attempts > 1 {
			c.retries.Add(1)
		}
		var answer *Answer
		answer, last = c.try(ctx, r, body)
		return answer, last
	}, backoff.WithBackOff(pauses()), backoff.WithMaxElapsedTime(0))
	if err != nil {
		// Cut off by the end of our patience, the last try says less than why it ended.
		if last == nil || errors.Is(last, context.DeadlineExceeded) || errors.Is(last, context.Canceled) {
			last = context.Cause(ctx)
		}
		return nil, fmt.Errorf("%s %s: no answer after %d requests: %w", r.Method, r.URL, attempts, last)
	}
	answer.Attempts = attempts
	return answer, nil
}

// pauses between tries: short at first, as a restarted service is back soon, and never in step with
// the other callers.
func pauses() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval = 100*time.Millisecond, 3*time.Second
	return b
}

func (c *Client) try(ctx context.Context, r Request, body []byte) (*Answer, error) {
	request, err := http.NewRequestWithContext(ctx, r.Method, r.URL, bytes.NewReader(body))
	if err != nil {
		return nil, backoff.Permanent(fmt.Errorf("%s %s: %w", r.Method, r.URL, err))
	}
	token, err := c.tokens.For(ctx, r.As)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if r.Key != "" {
		request.Header.Set("Idempotency-Key", r.Key)
	}
	if r.Prefer != "" {
		request.Header.Set("Prefer", r.Prefer)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, withoutAddress(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(io.LimitReader(response.Body, largestAnswer))
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	answer := &Answer{Status: response.StatusCode, Header: response.Header, Body: content}
	if c.isAnswer(r, token, answer) {
		return answer, nil
	}
	problem := error(answer.Problem())
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && seconds > 0 {
		return nil, errors.Join(problem, backoff.RetryAfter(min(seconds, 30)))
	}
	return nil, problem
}

func (c *Client) isAnswer(r Request, token string, answer *Answer) bool {
	switch {
	case answer.Status == http.StatusUnauthorized:
		return !c.tokens.Replace(r.As, token)
	case answer.Status == http.StatusRequestTimeout, answer.Status == http.StatusTooManyRequests:
		return false
	case answer.Status == http.StatusConflict && answer.Problem().Slug() == "saga-in-progress":
		return false
	default:
		return answer.Status < http.StatusInternalServerError
	}
}

// withoutAddress is the error without the method and address that the caller adds anyway.
func withoutAddress(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}
