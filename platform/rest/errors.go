package rest

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/labstack/echo/v5"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/postgres/outage"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/platform/telemetry"
)

// Unavailable is the 503 of something this service needs that is away for now.
// The message is for the caller; log the cause.
func Unavailable(message string) *Problem {
	return NewProblem(http.StatusServiceUnavailable, "unavailable", message).WithHeader("Retry-After", "1")
}

// statusClientClosed is for logs and metrics: nobody is there to receive it. The
// number is nginx's; RFC 9110 has none.
const statusClientClosed = 499

// problemOf is the problem an error reaches the client as.
func problemOf(ctx context.Context, err error) *Problem {
	return atRequest(ctx, translate(ctx, err))
}

func translate(ctx context.Context, err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		// A copy: handlers may keep problems as values, and each answer adds to its own.
		return p.clone()
	}
	if r, ok := refusal.As(err); ok {
		p := NewProblem(http.StatusUnprocessableEntity, strings.ReplaceAll(r.Reason, "_", "-"), r.Message)
		if len(r.Details) > 0 {
			p.With("details", r.Details)
		}
		return p
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		// The client hung up, and what was done for it ended with that.
		slog.InfoContext(ctx, "the client did not wait", "error", err)
		return NewProblem(statusClientClosed, "client-closed-request", "The client closed the connection before the answer.")
	}
	if isUnavailable(err) {
		slog.WarnContext(ctx, "request failed", "error", err)
		var told interface{ Public() string }
		if errors.As(err, &told) {
			return Unavailable(told.Public())
		}
		return Unavailable("Something this service needs does not answer. Try again.")
	}
	slog.ErrorContext(ctx, "request failed", "error", err)
	return internalError()
}

func internalError() *Problem {
	return NewProblem(http.StatusInternalServerError, "internal-error", "The service failed. The trace id helps to find out why.")
}

// isUnavailable tells whether trying again later is right. What callers are told of
// it is the error's Public, if it has one.
func isUnavailable(err error) bool {
	var marked interface{ Unavailable() bool }
	if errors.As(err, &marked) && marked.Unavailable() {
		return true
	}
	if errors.Is(err, auth.ErrUnavailable) || errors.Is(err, context.Canceled) || outage.Is(err) {
		return true
	}
	switch status.Code(err) {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled:
		return true
	default:
		return false
	}
}

func (p *Problem) clone() *Problem {
	c := *p
	c.Extra = map[string]any{}
	for key, value := range p.Extra {
		c.Extra[key] = value
	}
	c.header = p.header.Clone()
	return &c
}

type pathKey struct{}

// atRequest adds what a problem says of the request it happened in.
func atRequest(ctx context.Context, p *Problem) *Problem {
	if path, ok := ctx.Value(pathKey{}).(string); ok && p.Instance == "" && len(path) <= maxDetail {
		p.Instance = path
	}
	if id := telemetry.TraceID(ctx); id != "" {
		p.With("trace_id", id)
	}
	return p
}

// writeError answers what does not come from an operation: no such route,
// a method it does not have, a panic.
func writeError(c *echo.Context, err error) {
	if response, _ := echo.UnwrapResponse(c.Response()); response != nil && response.Committed {
		return
	}
	ctx := context.WithValue(c.Request().Context(), pathKey{}, c.Request().URL.EscapedPath())
	var p *Problem
	switch code := echo.StatusCode(err); {
	case errors.As(err, &p):
		p = atRequest(ctx, p)
	case code == http.StatusNotFound:
		p = atRequest(ctx, NewProblem(code, "not-found", "There is nothing at this path."))
	case code == http.StatusMethodNotAllowed:
		p = atRequest(ctx, NewProblem(code, "method-not-allowed", "The path does not have the method "+c.Request().Method+"."))
	case code >= 400 && code < 500:
		p = atRequest(ctx, NewProblem(code, "bad-request", http.StatusText(code)))
	default:
		p = problemOf(ctx, err)
	}
	writeProblem(c.Response(), c.Request(), p)
}

func writeProblem(w http.ResponseWriter, r *http.Request, p *Problem) {
	body, err := p.MarshalJSON()
	if err != nil {
		slog.ErrorContext(r.Context(), "encode a problem", "problem", p.Type, "error", err)
		body = []byte(`{"type":"about:blank","title":"Internal error","status":500}`)
	}
	for name, values := range p.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	// The client that went away has no use for an error.
	_, _ = w.Write(append(body, '\n'))
}
