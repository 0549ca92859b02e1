package rest

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
)

const (
	// defaultBodyTimeout is how long a body may take to arrive: 256 KiB come over a line of 9 KB/s.
	defaultBodyTimeout = 30 * time.Second
	// answerTimeout is how long a client may take to receive an answer.
	answerTimeout = 30 * time.Second
)

// receive reads the body of an operation that has one, within its size and time, and gives the
// operation and its answer times of their own: those of the server begin with the request, and a
// slow line would take them from the operation.
func (a *API) receive(limit int64, timeout time.Duration) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		c := humaecho.Unwrap(ctx)
		r := c.Request()
		// A writer without deadlines is a test's.
		times := http.NewResponseController(c.Response())
		_ = times.SetReadDeadline(time.Now().Add(a.bodyTimeout))
		_ = times.SetWriteDeadline(time.Now().Add(a.bodyTimeout + answerTimeout))
		if ctx.Operation().RequestBody != nil && r.ContentLength != 0 {
			body, refused := readBody(r, limit)
			if refused != nil {
				write(ctx, refused)
				return
			}
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			r.Header.Del("Content-Encoding")
		}
		if r.ContentLength == 0 || ctx.Operation().RequestBody != nil {
			// Nothing more is read, and the end of the time would look like the end of the client.
			_ = times.SetReadDeadline(time.Time{})
		}
		_ = times.SetWriteDeadline(time.Now().Add(timeout + answerTimeout))
		next(ctx)
	}
}

// readBody reads a body of at most limit bytes, as it comes and as it is decoded.
func readBody(r *http.Request, limit int64) ([]byte, *Problem) {
	zipped, refused := contentCoding(r.Header.Get("Content-Encoding"))
	if refused != nil {
		return nil, refused
	}
	if r.ContentLength > limit {
		return nil, tooLarge(fmt.Sprintf("The body has %d bytes; this operation takes %d.", r.ContentLength, limit))
	}
	// What came in chunks may be nothing, which has no type.
	if given := r.Header.Get("Content-Type"); !isJSON(given) && (given != "" || r.ContentLength > 0) {
		return nil, unsupportedMediaType()
	}
	raw := &limited{Reader: r.Body, left: limit}
	var body io.Reader = raw
	if zipped {
		decoder, err := gzip.NewReader(raw)
		if err != nil {
			return nil, bodyProblem(err, raw, limit)
		}
		body = &limited{Reader: decoder, left: limit}
	}
	content, err := io.ReadAll(body)
	if err != nil {
		return nil, bodyProblem(err, raw, limit)
	}
	if len(content) > 0 && !isJSON(r.Header.Get("Content-Type")) {
		return nil, unsupportedMediaType()
	}
	return content, nil
}

// contentCoding tells whether a body is zipped. One coding is enough; a list of several, and
// others, are refused (RFC 9110 8.4, 15.5.16).
func contentCoding(header string) (zipped bool, refused *Problem) {
	var codings []string
	for _, coding := range splitList(header) {
		if !strings.EqualFold(coding, "identity") {
			codings = append(codings, strings.ToLower(coding))
		}
	}
	switch {
	case len(codings) == 0:
		return false, nil
	case len(codings) == 1 && (codings[0] == "gzip" || codings[0] == "x-gzip"):
		return true, nil
	default:
		return false, NewProblem(http.StatusUnsupportedMediaType, "unsupported-content-coding",
			"Send the body as it is, or with Content-Encoding: gzip.").WithHeader("Accept-Encoding", "gzip")
	}
}

var errTooLarge = errors.New("the body is too large")

// limited answers errTooLarge where there is more than may be read.
type limited struct {
	io.Reader
	left int64
	// failed is what the reader below ended with.
	failed error
}

func (l *limited) Read(into []byte) (int, error) {
	// One byte more than is left tells whether there are more.
	n, err := l.Reader.Read(into[:min(int64(len(into)), l.left+1)])
	if l.left -= int64(n); l.left < 0 {
		return 0, errTooLarge
	}
	if err != nil && !errors.Is(err, io.EOF) {
		l.failed = err
	}
	return n, err
}

// bodyProblem says why a body could not be read. It is never the server's fault.
func bodyProblem(err error, raw *limited, limit int64) *Problem {
	var failed net.Error
	switch {
	case errors.Is(err, errTooLarge):
		return tooLarge(fmt.Sprintf("The body has more than the %d bytes that this operation takes.", limit))
	case errors.As(raw.failed, &failed) && failed.Timeout():
		return lastOfConnection(NewProblem(http.StatusRequestTimeout, "request-timeout", "The body did not arrive in time."))
	case raw.failed != nil:
		return lastOfConnection(NewProblem(http.StatusBadRequest, "broken-body", "The body ended before its end, or its chunks are none."))
	default:
		return NewProblem(http.StatusBadRequest, "broken-body", "The body is not gzip, as its Content-Encoding says, or was cut off.")
	}
}

// lastOfConnection says that nothing more is read from the connection: where the next request would
// begin, nobody knows.
func lastOfConnection(p *Problem) *Problem { return p.WithHeader("Connection", "close") }

func tooLarge(detail string) *Problem {
	return NewProblem(http.StatusRequestEntityTooLarge, "body-too-large", detail)
}

func isJSON(contentType string) bool {
	media, parameters, err := mime.ParseMediaType(contentType)
	charset := parameters["charset"]
	return err == nil && media == "application/json" && (charset == "" || strings.EqualFold(charset, "utf-8"))
}

func unsupportedMediaType() *Problem {
	return NewProblem(http.StatusUnsupportedMediaType, "unsupported-media-type", "Send the body with Content-Type: application/json.").
		WithHeader("Accept", "application/json")
}
