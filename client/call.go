package client

import (
	"bytes"
	"cmp"
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
	service     service
	method      string // GET when it is empty
	path        string // with its parts escaped
	query       url.Values
	key         string // idempotency key
	etag        string // of the version that it is meant for
	wait        string // as a Prefer header has it
	body        any    // sent as JSON when it is not nil
	content     []byte // sent as it is, of contentType
	contentType string
	sent        func(bytes int) // told, when it is not nil, how much of content has been read to be sent
	timeout     time.Duration   // callTimeout when it is 0
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
	call.method = cmp.Or(call.method, http.MethodGet)
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

// tagged is an answer that keeps the ETag of what it describes.
type tagged interface{ tag(etag string) }

// ask makes the call and returns its answer.
func ask[T any](ctx context.Context, c *Client, call call) (*T, error) {
	found, _, err := answerTo[T](ctx, c, call)
	return found, err
}

// answerTo is ask for those who look at the status and the headers as well.
func answerTo[T any](ctx context.Context, c *Client, call call) (*T, *answer, error) {
	found := new(T)
	got, err := c.do(ctx, call, found)
	if err != nil {
		return nil, nil, err
	}
	if tagged, has := any(found).(tagged); has {
		tagged.tag(got.header.Get("ETag"))
	}
	return found, got, nil
}

// askOnce makes a call that must not happen twice: with its idempotency key or, when it has none, with
// a new one. When it fails and may have happened, the error is *Unsure.
func askOnce[T any](ctx context.Context, c *Client, call call) (done *T, key string, replayed bool, err error) {
	if call.key, err = keyOf(call.key); err != nil {
		return nil, "", false, err
	}
	done, got, err := answerTo[T](ctx, c, call)
	if err != nil {
		return nil, "", false, unsure(call.key, err)
	}
	return done, call.key, got.header.Get("Idempotent-Replayed") == "true", nil
}

// list reads a page of a list, which the answer has under its name.
func list[T any](ctx context.Context, c *Client, name string, call call) (Page[T], error) {
	body, err := ask[map[string]json.RawMessage](ctx, c, call)
	if err != nil {
		return Page[T]{}, err
	}
	var page Page[T]
	err = json.Unmarshal((*body)[name], &page.Items)
	if next := (*body)["next_cursor"]; err == nil && next != nil {
		err = json.Unmarshal(next, &page.Next)
	}
	if err != nil {
		return Page[T]{}, fmt.Errorf("%s: the list %q of the answer cannot be read: %w", call.path, name, err)
	}
	return page, nil
}

// v1 is the path of parts, escaped.
func v1(parts ...string) string {
	path := "/v1"
	for _, part := range parts {
		path += "/" + url.PathEscape(part)
	}
	return path
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
		call.contentType = "application/json"
	}
	for name, value := range map[string]string{
		"Content-Type": call.contentType, "Idempotency-Key": call.key, "If-Match": call.etag, "Prefer": call.wait,
	} {
		if value != "" {
			request.Header.Set(name, value)
		}
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
