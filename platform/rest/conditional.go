package rest

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v5"
)

// isRead tells whether a method only reads.
func isRead(method string) bool { return method == http.MethodGet || method == http.MethodHead }

// checkConditions refuses conditions that are none, and a change on the condition of a version
// where nothing has one: the change must not happen then (RFC 9110 13.1.1).
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
		write(ctx, PreconditionFailed("If-Match names a version, and what this operation changes has none."))
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

// conditional answers a reader who has it already with 304, and one who wants another version than
// there is with 412 (RFC 9110 13.2.2).
func conditional(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		r := c.Request()
		match, noneMatch := r.Header.Values("If-Match"), r.Header.Values("If-None-Match")
		if !isRead(r.Method) || len(match)+len(noneMatch) == 0 {
			return next(c)
		}
		w := &conditionalWriter{ResponseWriter: c.Response(), request: c.Request}
		// What cannot be read is refused by the operation; the description of the API, which is
		// none, takes it for no condition.
		w.match, w.matchErr = readTags(strings.Join(match, ", "))
		w.noneMatch, w.noneMatchErr = readTags(strings.Join(noneMatch, ", "))
		c.SetResponse(w)
		defer c.SetResponse(w.ResponseWriter)
		return next(c)
	}
}

// conditionalWriter turns a 200 into what the conditions make of it, and drops its body then.
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
		writeProblem(w.ResponseWriter, w.request(), atRequest(ctx, PreconditionFailed("It is at another version than those in If-Match.")))
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
