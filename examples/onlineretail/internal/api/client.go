// Package api calls Ordersaga's public REST API, with retries while a service is not available.
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
	// timeout of one request; longer than the longest wait for an order, 50 s.
	timeout = 60 * time.Second
	// largestAnswer bounds the bytes read of an answer.
	largestAnswer = 16 << 20
)

// Client sends requests with retries. It is safe for concurrent use.
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

// Retries returns the number of repeated requests.
func (c *Client) Retries() int64 { return c.retries.Load() }

// Request is a call that is safe to repeat.
type Request struct {
	Method, URL string
	As          Caller
	// Key is sent as Idempotency-Key when it is not empty.
	Key string
	// Prefer is sent when it is not empty (RFC 7240), and IfMatch.
	Prefer, IfMatch string
	// Body is sent as JSON when it is not nil.
	Body any
}

// Answer is the final answer of the service.
type Answer struct {
	Status   int
	Header   http.Header
	Body     []byte
	Attempts int // requests sent until this answer
}

// Replayed reports whether an earlier request with the key did the work.
func (a *Answer) Replayed() bool { return a.Header.Get("Idempotent-Replayed") == "true" }

// Decode reads the body of an answer below 400 into value; for others the error is a *Problem.
func (a *Answer) Decode(value any) error {
	if a.Status >= http.StatusBadRequest {
		return a.Problem()
	}
	if err := json.Unmarshal(a.Body, value); err != nil {
		return fmt.Errorf("the answer cannot be read: %w: %.200s", err, a.Body)
	}
	return nil
}

// Do sends the request until it has an answer; it repeats it after a failed connection, 401 with an
// old token, 408, 429 and 5xx. When the context ends it fails with the last error.
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
		// The error of a try that ctx ended says less than the earlier one.
		if last == nil || errors.Is(last, context.DeadlineExceeded) || errors.Is(last, context.Canceled) {
			last = context.Cause(ctx)
		}
		return nil, fmt.Errorf("%s %s: no answer after %d requests: %w", r.Method, r.URL, attempts, last)
	}
	answer.Attempts = attempts
	return answer, nil
}

// pauses between tries: short at first, because a restarted service is soon available, and with
// jitter.
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
	for name, value := range map[string]string{"Idempotency-Key": r.Key, "Prefer": r.Prefer, "If-Match": r.IfMatch} {
		if value != "" {
			request.Header.Set(name, value)
		}
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

// withoutAddress returns the error without method and address, which the caller adds.
func withoutAddress(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}
