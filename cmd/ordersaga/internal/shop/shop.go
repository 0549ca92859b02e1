// Package shop talks to Ordersaga's REST interface as any program outside it
// would.
package shop

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// deadline of one call; above the longest wait for an order, 60 s.
const deadline = 75 * time.Second

// largestAnswer is refused to be read on.
const largestAnswer = 16 << 20

var client = &http.Client{Timeout: deadline}

// Request is one call.
type Request struct {
	Method string
	// URL of the service, and Path of the resource with its parts escaped.
	URL, Path string
	Query     url.Values
	Token     string
	// IdempotencyKey is sent when it is not empty.
	IdempotencyKey string
	// IfMatch is the entity tag of the version a change is meant for; sent when it
	// is not empty.
	IfMatch string
	// Wait is how long an order may take before the answer is "on its way"; sent
	// when it is not negative.
	Wait *time.Duration
	// Body is sent as JSON when it is not nil.
	Body any
}

// Answer is what came back with a status below 400.
type Answer struct {
	Status int
	Header http.Header
	// Raw is the body as it came.
	Raw []byte
}

// Replayed says that the answer is an earlier one's.
func (a *Answer) Replayed() bool { return a.Header.Get("Idempotent-Replayed") == "true" }

// Decode reads the body into out. Members that out does not know are ignored:
// an older command works with a newer service.
func (a *Answer) Decode(out any) error {
	if err := json.Unmarshal(a.Raw, out); err != nil {
		return fmt.Errorf("the answer is not what was expected: %w: %.200s", err, a.Raw)
	}
	return nil
}

// Do makes the call. A refusal of the service is a *Problem.
func Do(ctx context.Context, r Request) (*Answer, error) {
	request, err := r.build(ctx)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, unreachable(r, err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(response.Body, largestAnswer))
	if err != nil {
		return nil, fmt.Errorf("%s %s: read the answer: %w", r.Method, r.Path, err)
	}
	if response.StatusCode >= http.StatusBadRequest {
		return nil, problem(response, raw)
	}
	return &Answer{Status: response.StatusCode, Header: response.Header, Raw: raw}, nil
}

func (r Request) build(ctx context.Context) (*http.Request, error) {
	var body io.Reader
	if r.Body != nil {
		raw, err := json.Marshal(r.Body)
		if err != nil {
			return nil, fmt.Errorf("%s %s: write the request: %w", r.Method, r.Path, err)
		}
		body = bytes.NewReader(raw)
	}
	address := r.URL + r.Path
	if len(r.Query) > 0 {
		address += "?" + r.Query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, r.Method, address, body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", r.Method, r.Path, err)
	}
	if r.Body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if r.Token != "" {
		request.Header.Set("Authorization", "Bearer "+r.Token)
	}
	if r.IdempotencyKey != "" {
		request.Header.Set("Idempotency-Key", r.IdempotencyKey)
	}
	if r.IfMatch != "" {
		request.Header.Set("If-Match", r.IfMatch)
	}
	if r.Wait != nil {
		request.Header.Set("Prefer", fmt.Sprintf("wait=%d", int(r.Wait.Round(time.Second).Seconds())))
	}
	return request, nil
}

func unreachable(r Request, err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		err = failed.Err // the outer one repeats the address
	}
	return fmt.Errorf("no answer from %s: %w (is it running? `make run` starts everything)", r.URL, err)
}
