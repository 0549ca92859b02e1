package rest

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v5"
)

// isRead reports whether a method only reads.
func isRead(method string) bool { return method == http.MethodGet || method == http.MethodHead }

// checkConditions refuses malformed conditions, and If-Match on a change of a resource without
// versions: that change must not happen (RFC 9110 13.1.1).
func checkConditions(ctx huma.Context, next func(huma.Context)) {
	r := humaecho.Unwrap(ctx).Request()
	for _, name := range []string{"If-Match", "If-None-Match"} {
		header := r.Header.Get(name)
		if strings.TrimSpace(header) == "" || !isRead(r.Method) {
			continue
		}
		if _, err := readTags(header); err != nil {
			write(ctx, invalidHeader("invalid-header", name, name+` must be "*" or entity tags, like "7".`))
			return
		}
	}
	if r.Header.Get("If-Match") != "" && !isRead(r.Method) && !takesHeader(ctx.Operation(), "If-Match") {
		write(ctx, PreconditionFailed("If-Match names a version, but this operation changes a resource without versions."))
		return
	}
	next(ctx)
}

func takesHeader(op *huma.Operation, name string) bool {
	for _, p := range op.Parameters {
		if p.In == "header" && strings.EqualFold(p.Name, name) {
			return true
		}
	}
	return false
}

// conditional answers a read with 304 when If-None-Match has the current ETag, and with 412 when
// If-Match does not (RFC 9110 13.2.2).
func conditional(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		r := c.Request()
		match, noneMatch := r.Header.Values("If-Match"), r.Header.Values("If-None-Match")
		if !isRead(r.Method) || len(match)+len(noneMatch) == 0 {
			return next(c)
		}
		w := &conditionalWriter{ResponseWriter: c.Response(), request: c.Request}
		// Operations refuse malformed conditions; the API's description, which is not an operation,
		// ignores them.
		w.match, w.matchErr = readTags(strings.Join(match, ", "))
		w.noneMatch, w.noneMatchErr = readTags(strings.Join(noneMatch, ", "))
		c.SetResponse(w)
		defer c.SetResponse(w.ResponseWriter)
		return next(c)
	}
}

// conditionalWriter turns a 200 into the status that the conditions require, and then drops its
// body.
type conditionalWriter struct {
	http.ResponseWriter
	request                func() *http.Request
	match, noneMatch       tags
	matchErr, noneMatchErr error
	begun, dropped         bool
}

// Unwrap is for http.ResponseController and echo.
func (w *conditionalWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *conditionalWriter) WriteHeader(status int) {
	w.begun = true
	header := w.Header()
	tag := header.Get("ETag")
	switch {
	case status != http.StatusOK:
		w.ResponseWriter.WriteHeader(status)
	case w.matchErr == nil && !w.match.strongly(tag):
		w.dropped = true
		header.Del("Content-Length")
		header.Del("ETag")
		ctx := w.request().Context()
		writeProblem(w.ResponseWriter, w.request(), atRequest(ctx, PreconditionFailed("The current version is not one of those in If-Match.")))
	case w.noneMatchErr == nil && w.noneMatch.weakly(tag):
		w.dropped = true
		header.Del("Content-Length")
		header.Del("Content-Type")
		w.ResponseWriter.WriteHeader(http.StatusNotModified)
	default:
		w.ResponseWriter.WriteHeader(status)
	}
}

func (w *conditionalWriter) Write(content []byte) (int, error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	if w.dropped {
		return len(content), nil
	}
	return w.ResponseWriter.Write(content)
}
