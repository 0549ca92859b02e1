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
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
)

const (
	// defaultBodyTimeout bounds the arrival of a body: enough for 256 KiB at 9 KB/s.
	defaultBodyTimeout = 30 * time.Second
	// answerTimeout bounds the time in which a client receives an answer.
	answerTimeout = 30 * time.Second
)

// receive reads the body of an operation within its limits of size and time, and then sets new
// deadlines for the operation and its answer: the server's deadlines start with the request, so a
// slow body would leave less time for the operation.
func (a *API) receive(limit int64, types []string, timeout time.Duration) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		c := humaecho.Unwrap(ctx)
		r := c.Request()
		// Only a test's writer has no deadlines.
		times := http.NewResponseController(c.Response())
		_ = times.SetReadDeadline(time.Now().Add(a.bodyTimeout))
		_ = times.SetWriteDeadline(time.Now().Add(a.bodyTimeout + answerTimeout))
		if ctx.Operation().RequestBody != nil && r.ContentLength != 0 {
			body, refused := readBody(r, limit, types)
			if refused != nil {
				write(ctx, refused)
				return
			}
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			r.Header.Del("Content-Encoding")
		}
		if r.ContentLength == 0 || ctx.Operation().RequestBody != nil {
			// Nothing more is read, and a passed read deadline would look like a closed connection.
			_ = times.SetReadDeadline(time.Time{})
		}
		_ = times.SetWriteDeadline(time.Now().Add(timeout + answerTimeout))
		next(ctx)
	}
}

// readBody reads a body of at most limit bytes, both encoded and decoded, and of one of the media
// types, or JSON when there are none.
func readBody(r *http.Request, limit int64, types []string) ([]byte, *Problem) {
	zipped, refused := contentCoding(r.Header.Get("Content-Encoding"))
	if refused != nil {
		return nil, refused
	}
	if r.ContentLength > limit {
		return nil, tooLarge(fmt.Sprintf("The body has %d bytes; this operation takes %d.", r.ContentLength, limit))
	}
	// A chunked body may be empty, and then has no type.
	if given := r.Header.Get("Content-Type"); !isOf(types, given) && (given != "" || r.ContentLength > 0) {
		return nil, unsupportedMediaType(types)
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
	if len(content) > 0 && !isOf(types, r.Header.Get("Content-Type")) {
		return nil, unsupportedMediaType(types)
	}
	return content, nil
}

// contentCoding reports whether a body is gzipped. Other codings and lists of several are refused
// (RFC 9110 8.4, 15.5.16).
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
			"Send the body without Content-Encoding, or with Content-Encoding: gzip.").WithHeader("Accept-Encoding", "gzip")
	}
}

var errTooLarge = errors.New("the body is too large")

// limited is a reader that returns errTooLarge after its limit.
type limited struct {
	io.Reader
	left int64
	// failed is the error of the underlying reader.
	failed error
}

func (l *limited) Read(into []byte) (int, error) {
	// Reading one byte more than is left shows whether there are more.
	n, err := l.Reader.Read(into[:min(int64(len(into)), l.left+1)])
	if l.left -= int64(n); l.left < 0 {
		return 0, errTooLarge
	}
	if err != nil && !errors.Is(err, io.EOF) {
		l.failed = err
	}
	return n, err
}

// bodyProblem returns the 4xx problem of a body that could not be read.
func bodyProblem(err error, raw *limited, limit int64) *Problem {
	var failed net.Error
	switch {
	case errors.Is(err, errTooLarge):
		return tooLarge(fmt.Sprintf("The body has more than the %d bytes that this operation takes.", limit))
	case errors.As(raw.failed, &failed) && failed.Timeout():
		return lastOfConnection(NewProblem(http.StatusRequestTimeout, "request-timeout", "The body did not arrive in time."))
	case raw.failed != nil:
		return lastOfConnection(NewProblem(http.StatusBadRequest, "broken-body", "The body is incomplete, or its chunked encoding is not valid."))
	default:
		return NewProblem(http.StatusBadRequest, "broken-body", "The body is not valid gzip, or is incomplete.")
	}
}

// lastOfConnection closes the connection after the answer, because the start of the next request is
// unknown.
func lastOfConnection(p *Problem) *Problem { return p.WithHeader("Connection", "close") }

func tooLarge(detail string) *Problem {
	return NewProblem(http.StatusRequestEntityTooLarge, "body-too-large", detail)
}

// isOf tells whether a content type is one of the media types, or JSON when there are none, in UTF-8.
func isOf(types []string, contentType string) bool {
	media, parameters, err := mime.ParseMediaType(contentType)
	charset := parameters["charset"]
	return err == nil && slices.Contains(orJSON(types), media) && (charset == "" || strings.EqualFold(charset, "utf-8"))
}

func orJSON(types []string) []string {
	if len(types) == 0 {
		return []string{"application/json"}
	}
	return types
}

func unsupportedMediaType(types []string) *Problem {
	types = orJSON(types)
	return NewProblem(http.StatusUnsupportedMediaType, "unsupported-media-type", "Send the body with Content-Type: "+strings.Join(types, " or ")+".").
		WithHeader("Accept", strings.Join(types, ", "))
}
