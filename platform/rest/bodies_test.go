package rest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/rest"
)

func TestABrokenBodyIsTheClientsFault(t *testing.T) {
	logs := captureLogs(t)
	w := newWorld(t)
	token := w.shopper()
	for name, test := range map[string]struct {
		headers []string
		body    string
		slug    string
	}{
		"a chunk without a size":         {[]string{"Transfer-Encoding: chunked"}, "zz\r\n", "broken-body"},
		"a chunk longer than it says":    {[]string{"Transfer-Encoding: chunked"}, "3\r\n{\"lines\"\r\n0\r\n\r\n", "broken-body"},
		"a chunk of too large a size":    {[]string{"Transfer-Encoding: chunked"}, "ffffffffffffffffff\r\n", "broken-body"},
		"a hang-up within a chunk":       {[]string{"Transfer-Encoding: chunked"}, "20\r\n{\"lines\"", "broken-body"},
		"a hang-up before the last one":  {[]string{"Transfer-Encoding: chunked"}, chunk(oneLine), "broken-body"},
		"a hang-up within the length":    {[]string{"Content-Length: 400"}, oneLine, "broken-body"},
		"a hang-up before the first one": {[]string{"Content-Length: 400"}, "", "broken-body"},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			l := w.dial()
			l.post(token, test.headers...)
			l.say(test.body)
			l.hangUpHalf()
			a := l.answer("POST")
			a.Request.URL.Path = "/v1/orders"
			a.problem(400, test.slug)
			assert.True(t, a.Close, "what comes after a broken body is not a request")
		})
	}
	assert.Empty(t, logs.above(slog.LevelInfo), "nobody has to get up for it")
}

func TestAHangUpAfterAWholeBodyIsNotOurFailure(t *testing.T) {
	for name, answered := range map[string]error{
		"with the end of the request": nil,
		"with an error of its own":    fmt.Errorf("read tcp: use of closed network connection"),
	} {
		t.Run(name, func(t *testing.T) {
			logs := captureLogs(t)
			w := newWorld(t)
			arrived := make(chan struct{})
			w.answer = func(ctx context.Context, _ *placeOrder) (*placed, error) {
				close(arrived)
				<-ctx.Done()
				if answered != nil {
					return nil, answered
				}
				return nil, fmt.Errorf("await the saga: %w", ctx.Err())
			}
			l := w.dial()
			l.post(w.shopper(), fmt.Sprintf("Content-Length: %d", len(oneLine)))
			l.say(oneLine)
			<-arrived
			require.NoError(t, l.Close())
			require.Eventually(t, func() bool { return len(logs.requests()) == 1 }, patience, 5*time.Millisecond, "the line of the request")
			assert.Equal(t, int64(499), logs.requests()[0]["status"])
			assert.Empty(t, logs.above(slog.LevelInfo))
		})
	}
}

func zipped(t *testing.T, text string) string {
	t.Helper()
	var out bytes.Buffer
	writer := gzip.NewWriter(&out)
	_, err := writer.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	return out.String()
}

func TestABodyMayBeZipped(t *testing.T) {
	w := newWorld(t)
	for name, test := range map[string]struct {
		coding, body string
		status       int
		slug         string
	}{
		"gzip":                      {"gzip", zipped(t, oneLine), 201, ""},
		"its other name":            {"x-GZIP", zipped(t, oneLine), 201, ""},
		"in two members":            {"gzip", zipped(t, oneLine[:10]) + zipped(t, oneLine[10:]), 201, ""},
		"no coding by its name":     {"identity", oneLine, 201, ""},
		"an empty list":             {" ", oneLine, 201, ""},
		"plain text that says gzip": {"gzip", oneLine, 400, "broken-body"},
		"gzip that does not say so": {"", zipped(t, oneLine), 400, "malformed-json"},
		"cut off":                   {"gzip", zipped(t, oneLine)[:30], 400, "broken-body"},
		"with something after it":   {"gzip", zipped(t, oneLine) + "x", 400, "broken-body"},
		"with a wrong checksum":     {"gzip", zipped(t, oneLine)[:len(zipped(t, oneLine))-8] + "\x00\x00\x00\x00\x00\x00\x00\x00", 400, "broken-body"},
		"the last allowed size":     {"gzip", zipped(t, padded(256<<10)), 201, ""},
		"one above it":              {"gzip", zipped(t, padded(256<<10+1)), 413, "body-too-large"},
		"a bomb":                    {"gzip", zipped(t, strings.Repeat(" ", 64<<20)), 413, "body-too-large"},
		"nothing, without end":      {"gzip", strings.Repeat(zipped(t, ""), 20_000), 413, "body-too-large"},
		"twice":                     {"gzip, gzip", zipped(t, zipped(t, oneLine)), 415, "unsupported-content-coding"},
		"another coding":            {"br", oneLine, 415, "unsupported-content-coding"},
		"what is none":              {"utf-8", oneLine, 415, "unsupported-content-coding"},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			a := w.call("POST", "/v1/orders", w.shopper(), test.body, "Idempotency-Key", "k1", "Content-Encoding", test.coding)
			if test.status == 201 {
				require.Equal(t, 201, a.StatusCode, a.body)
				assert.Contains(t, a.body, `"lines":1`)
				return
			}
			a.problem(test.status, test.slug)
			if test.status == 415 {
				assert.Equal(t, "gzip", a.Header.Get("Accept-Encoding"), "RFC 9110 15.5.16: what would have been taken")
			}
		})
	}
}

func TestABodyThatIsRefusedIsNotAskedFor(t *testing.T) {
	w := newWorld(t)
	token := w.shopper()
	for name, test := range map[string]struct {
		token   string
		headers []string
		status  int
	}{
		"too large":       {token, []string{"Content-Length: 300000"}, 413},
		"another coding":  {token, []string{"Content-Length: 38", "Content-Encoding: br"}, 415},
		"of nobody":       {"", []string{"Content-Length: 38"}, 401},
		"nobody can read": {token, []string{"Content-Length: 38", "Accept: text/html"}, 406},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			l := w.dial()
			l.post(test.token, append(test.headers, "Expect: 100-continue")...)
			assert.Equal(t, test.status, l.answer("POST").StatusCode, "without a 100 before it")
		})
	}
	t.Run("one that is taken", func(t *testing.T) {
		w.t = t
		l := w.dial()
		l.post(token, fmt.Sprintf("Content-Length: %d", len(oneLine)), "Expect: 100-continue")
		assert.Equal(t, 100, l.answer("POST").StatusCode)
		l.say(oneLine)
		assert.Equal(t, 201, l.answer("POST").StatusCode)
	})
}

func TestABodyAndAnAnswerHaveTheTimeOfTheirOperation(t *testing.T) {
	w := newWorld(t)
	// The times of the server itself are over at once, as they would be on a slow line in the
	// middle of a body, or while an order is waited for.
	w.restart(func(s *http.Server) { s.ReadTimeout, s.WriteTimeout = time.Nanosecond, time.Nanosecond })
	working := func(ctx context.Context) error {
		select {
		case <-time.After(100 * time.Millisecond):
			return nil
		case <-ctx.Done():
			return fmt.Errorf("cut off: %w", ctx.Err())
		}
	}
	w.answer = func(ctx context.Context, _ *placeOrder) (*placed, error) { return &placed{}, working(ctx) }
	w.read = working

	body := padded(256 << 10)
	l := w.dial()
	l.post(w.shopper(), fmt.Sprintf("Content-Length: %d", len(body)))
	l.say(body[:100])
	l.say(body[100:])
	assert.Equal(t, 201, l.answer("POST").StatusCode)
	assert.Equal(t, 200, w.call("GET", "/v1/orders/o-1", w.shopper(), "").StatusCode, "what has no body")
}

func TestABodyThatDoesNotArriveInTimeIs408(t *testing.T) {
	logs := captureLogs(t)
	w := newWorld(t, func(cfg *rest.Config) { cfg.BodyTimeout = 300 * time.Millisecond })
	l := w.dial()
	l.post(w.shopper(), "Content-Length: 400")
	l.say(oneLine)
	a := l.answer("POST")
	a.Request.URL.Path = "/v1/orders"
	a.problem(408, "request-timeout")
	assert.True(t, a.Close)
	assert.Empty(t, logs.above(slog.LevelInfo))
}

func TestAnAnswerNobodyTakesIsNotOurFailure(t *testing.T) {
	logs := captureLogs(t)
	w := newWorld(t)
	w.answer = func(context.Context, *placeOrder) (*placed, error) {
		out := &placed{}
		out.Body.Note = strings.Repeat("x", 64<<20)
		return out, nil
	}
	l := w.dial()
	l.post(w.shopper(), fmt.Sprintf("Content-Length: %d", len(oneLine)))
	l.say(oneLine)
	_, err := l.reader.ReadByte()
	require.NoError(t, err)
	require.NoError(t, l.Close())
	require.Eventually(t, func() bool { return len(logs.requests()) == 1 }, patience, 5*time.Millisecond, "the line of the request")
	assert.Empty(t, logs.above(slog.LevelInfo))
}

func padded(size int) string {
	start, end := `{"lines":[{"sku":"TEA","quantity":2}],"note":"`, `"}`
	return start + strings.Repeat("x", size-len(start)-len(end)) + end
}

// logs keeps what is logged.
type logs struct {
	slog.Handler
	mu      sync.Mutex
	records []slog.Record
}

func captureLogs(t *testing.T) *logs {
	t.Helper()
	before := slog.Default()
	l := &logs{Handler: slog.DiscardHandler}
	slog.SetDefault(slog.New(l))
	t.Cleanup(func() { slog.SetDefault(before) })
	return l
}

func (l *logs) Enabled(context.Context, slog.Level) bool { return true }

func (l *logs) Handle(_ context.Context, record slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.records = append(l.records, record)
	return nil
}

func (l *logs) WithAttrs([]slog.Attr) slog.Handler { return l }

func (l *logs) WithGroup(string) slog.Handler { return l }

// above are the messages above a level.
func (l *logs) above(level slog.Level) (messages []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, record := range l.records {
		if record.Level > level {
			message := record.Message
			record.Attrs(func(a slog.Attr) bool { message += " " + a.String(); return true })
			messages = append(messages, message)
		}
	}
	return messages
}

// requests are the lines of requests.
func (l *logs) requests() (lines []map[string]any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, record := range l.records {
		if record.Message == "request" {
			line := map[string]any{}
			record.Attrs(func(a slog.Attr) bool { line[a.Key] = a.Value.Any(); return true })
			lines = append(lines, line)
		}
	}
	return lines
}
