package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"
)

// largestAnswer in bytes; a larger one is an error.
const largestAnswer = 32 << 20

// call is one operation with its arguments.
type call struct {
	service service
	method  string
	path    string // with its parts escaped
	query   url.Values
	headers map[string]string
	body    any             // sent as JSON when it is not nil
	content []byte          // sent as it is, of the type in headers
	sent    func(bytes int) // told, when it is not nil, how much of it has been read to be sent
	timeout time.Duration
}

// answer is a response with a status below 300.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// do makes the call, with retries if they may help, and reads the answer into out; nil when it has no
// body.
func (c *Client) do(ctx context.Context, call call, out any) (*answer, error) {
	request, err := c.prepare(call)
	if err != nil {
		return nil, err
	}
	for try := 1; ; try++ {
		got, err := c.once(ctx, call, request)
		if err == nil {
			if out == nil {
				return got, nil
			}
			if err := json.Unmarshal(got.body, out); err != nil {
				return nil, fmt.Errorf("%s %s: the answer cannot be read: %w: %.200q", call.method, call.path, err, got.body)
			}
			return got, nil
		}
		pause, again := c.again(err, try)
		if !again {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w (no further tries: %w)", err, ctx.Err())
		case <-time.After(pause):
		}
	}
}

// get reads one thing.
func get[T any](ctx context.Context, c *Client, of service, path string) (*T, error) {
	found := new(T)
	if _, err := c.do(ctx, call{service: of, method: http.MethodGet, path: path}, found); err != nil {
		return nil, err
	}
	return found, nil
}

// prepared is the part that all tries of a call share.
type prepared struct {
	url  string
	body []byte
}

func (c *Client) prepare(call call) (prepared, error) {
	base, err := c.url(call.service)
	if err != nil {
		return prepared{}, err
	}
	p := prepared{url: base + call.path}
	if len(call.query) > 0 {
		p.url += "?" + call.query.Encode()
	}
	if p.body = call.content; call.body != nil {
		if p.body, err = json.Marshal(call.body); err != nil {
			return prepared{}, fmt.Errorf("%s %s: write the request: %w", call.method, call.path, err)
		}
	}
	return p, nil
}

// once is one try.
func (c *Client) once(ctx context.Context, call call, p prepared) (*answer, error) {
	timeout := callTimeout
	if call.timeout > 0 {
		timeout = call.timeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	request, err := c.request(ctx, call, p)
	if err != nil {
		return nil, err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, unreachable(call, c.urls[call.service], err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, largestAnswer+1))
	if err != nil {
		return nil, unreachable(call, c.urls[call.service], fmt.Errorf("read the answer: %w", err))
	}
	if len(body) > largestAnswer {
		return nil, fmt.Errorf("%s %s: the answer is larger than %d bytes", call.method, call.path, largestAnswer)
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		return nil, problem(response, body)
	}
	return &answer{status: response.StatusCode, header: response.Header, body: body}, nil
}

func (c *Client) request(ctx context.Context, call call, p prepared) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, call.method, p.url, bytes.NewReader(p.body))
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", call.method, call.path, err)
	}
	if call.sent != nil && len(p.body) > 0 {
		request.Body = &told{ReadCloser: request.Body, sent: call.sent}
	}
	request.Header.Set("Accept", "application/json")
	if call.body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for name, value := range call.headers {
		request.Header.Set(name, value)
	}
	if c.token == nil {
		return request, nil
	}
	token, err := c.token(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s %s: get a token: %w", call.method, call.path, err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	return request, nil
}

// told is a body that tells how much of it has been read.
type told struct {
	io.ReadCloser
	read int
	sent func(bytes int)
}

func (t *told) Read(into []byte) (int, error) {
	n, err := t.ReadCloser.Read(into)
	t.read += n
	t.sent(t.read)
	return n, err
}

const (
	firstPause   = 200 * time.Millisecond
	longestPause = 5 * time.Second
	// longestRetryAfter is the longest Retry-After to wait for; after a longer one the answer is
	// returned.
	longestRetryAfter = 30 * time.Second
)

// again reports whether another try follows a failed one, and after which pause.
func (c *Client) again(err error, try int) (pause time.Duration, again bool) {
	if try >= c.tries {
		return 0, false
	}
	pause = min(firstPause<<(try-1), longestPause)
	pause = pause/2 + rand.N(pause) // with jitter, so that clients do not retry at the same time
	var answered *Problem
	var silent *Unreachable
	switch {
	case errors.As(err, &answered):
		if answered.RetryAfter > longestRetryAfter {
			return 0, false
		}
		return max(pause, answered.RetryAfter), answered.Temporary()
	case errors.As(err, &silent):
		return pause, true
	default:
		return 0, false
	}
}
