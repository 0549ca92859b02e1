package opensearch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	client "github.com/opensearch-project/opensearch-go/v4"

	"github.com/ordersaga/ordersaga/platform/doctor"
	"github.com/ordersaga/ordersaga/platform/text"
	"github.com/ordersaga/ordersaga/platform/unavailable"
)

const (
	// askTimeout bounds one request. A search is also bounded by its caller.
	askTimeout = 20 * time.Second
	// maxAnswer in bytes: a page of entries with their texts is far below.
	maxAnswer = 64 << 20
)

type object = map[string]any

// server is a line to an OpenSearch or Elasticsearch server.
type server struct{ client *client.Client }

func connect(serverURL string) (*server, error) {
	parsed, err := url.Parse(serverURL)
	if err != nil || parsed.Host == "" {
		return nil, errors.New("SEARCH_URL is no URL") // the error may quote the password
	}
	password, _ := parsed.User.Password()
	user := parsed.User.Username()
	parsed.User = nil
	c, err := client.NewClient(client.Config{
		Addresses: []string{parsed.String()}, Username: user, Password: password,
		// Who asks tries again by itself, and knows for how long.
		DisableRetry: true, HealthCheckMaxRetries: -1,
	})
	if err != nil {
		return nil, fmt.Errorf("SEARCH_URL at %s: %w", parsed.Host, err)
	}
	return &server{client: c}, nil
}

// call is a request.
type call struct {
	method, path string
	// body is encoded as JSON; lines is sent as it is (_bulk).
	body  any
	lines []byte
	// must: what it is about has to be there. mustIndex: the index has to, the document not.
	must, mustIndex bool
	// exists: that it is there already is well.
	exists bool
}

// failure is what a server says when it does not do something.
type failure struct {
	Error struct {
		Type   string `json:"type"`
		Reason string `json:"reason"`
	} `json:"error"`
}

// ask sends a request and decodes the answer; found is false when the server does not have what the
// request is about.
func (s *server) ask(ctx context.Context, c call, answer any) (found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	request, err := c.request(ctx)
	if err != nil {
		return false, err
	}
	response, err := s.client.Stream(request)
	if err != nil {
		return false, unavailable.New("The search engine does not answer", fmt.Errorf("%s %s: %w", c.method, c.path, err))
	}
	defer response.Body.Close()
	content, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return false, unavailable.New("The search engine does not answer", fmt.Errorf("%s %s: %w", c.method, c.path, err))
	}
	if response.StatusCode < 300 {
		if answer == nil || len(content) == 0 {
			return true, nil
		}
		decoder := json.NewDecoder(bytes.NewReader(content))
		decoder.UseNumber()
		if err := decoder.Decode(answer); err != nil {
			return false, fmt.Errorf("%s %s: the answer: %w", c.method, c.path, err)
		}
		return true, nil
	}
	return false, c.fault(response.StatusCode, content)
}

func (c call) request(ctx context.Context) (*http.Request, error) {
	content := c.lines
	contentType := "application/x-ndjson"
	if c.body != nil {
		encoded, err := json.Marshal(c.body)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", c.method, c.path, err)
		}
		content, contentType = encoded, "application/json"
	}
	var body io.Reader
	if len(content) > 0 {
		body = bytes.NewReader(content)
	}
	request, err := http.NewRequestWithContext(ctx, c.method, c.path, body)
	if err != nil {
		return nil, err
	}
	if body != nil {
		request.Header.Set("Content-Type", contentType)
	}
	return request, nil
}

// fault is what the status of an answer means; nil when it is no fault.
func (c call) fault(status int, content []byte) error {
	var said failure
	_ = json.Unmarshal(content, &said) // what is not JSON is shown as it is
	noIndex := said.Error.Type == "index_not_found_exception"
	switch {
	case status == http.StatusNotFound && !c.must && !(c.mustIndex && noIndex):
		return nil
	case c.exists && said.Error.Type == "resource_already_exists_exception":
		return nil
	}
	reason := said.Error.Type + ": " + said.Error.Reason
	if said.Error.Type == "" {
		reason = string(content)
	}
	err := fmt.Errorf("%s %s: status %d: %s", c.method, c.path, status, text.Line(strings.TrimSpace(reason), 500))
	if status == http.StatusTooManyRequests || status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout {
		return unavailable.New("The search engine does not answer now", err)
	}
	return err
}

// Check tells whether the server of a URL answers, and which it is.
func Check(serverURL string) doctor.Check {
	return doctor.Check{Subject: "SEARCH_URL", Encrypted: func() error { return encrypted(serverURL) }, Try: func(ctx context.Context) (string, error) {
		s, err := connect(serverURL)
		if err != nil {
			return "", err
		}
		defer func() { _ = s.client.Close() }()
		var about struct {
			Version struct {
				Number       string `json:"number"`
				Distribution string `json:"distribution"` // OpenSearch names itself
			} `json:"version"`
		}
		if _, err := s.ask(ctx, call{method: http.MethodGet, path: "/", must: true}, &about); err != nil {
			return "", err
		}
		if about.Version.Distribution == "" {
			about.Version.Distribution = "elasticsearch"
		}
		return text.Line(about.Version.Distribution+" "+about.Version.Number, 100), nil
	}}
}

// encrypted tells whether a connection leaves this machine by TLS only.
func encrypted(serverURL string) error {
	parsed, err := url.Parse(serverURL)
	if err != nil || parsed.Host == "" {
		return errors.New("is no URL")
	}
	if parsed.Scheme != "https" && !doctor.Local(parsed.Host) {
		return fmt.Errorf("must begin with https://: %s is not this machine", parsed.Hostname())
	}
	return nil
}
