package rest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/labstack/echo/v5"

	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/platform/telemetry"
	"github.com/ordersaga/ordersaga/platform/text"
	"github.com/ordersaga/ordersaga/platform/unavailable"
)

// statusClientClosed is for logs and metrics: nobody is there to receive it. The number is nginx's;
// RFC 9110 has none.
const statusClientClosed = 499

// problemOf is the problem an error reaches the client as. The statuses of refusals are the
// operation's.
func problemOf(ctx context.Context, err error, refusals map[string]int) *Problem {
	return atRequest(ctx, translate(ctx, err, refusals))
}

func translate(ctx context.Context, err error, refusals map[string]int) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		// A copy: handlers may keep problems as values, and each answer adds to its own.
		return p.clone()
	}
	if r, ok := refusal.As(err); ok {
		return Refused(cmp.Or(refusals[r.Reason], http.StatusUnprocessableEntity), r)
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		// The client hung up, and what was done for it ended with that.
		slog.InfoContext(ctx, "the client did not wait", "error", err)
		return NewProblem(statusClientClosed, "client-closed-request", "The client closed the connection before the answer.")
	}
	if unavailable.Is(err) {
		slog.WarnContext(ctx, "request failed", "error", err)
		detail := "Something this service needs does not answer. Try again."
		if said, marked := unavailable.As(err); marked {
			detail = sentence(said.Message)
		}
		return NewProblem(http.StatusServiceUnavailable, "unavailable", detail).WithHeader("Retry-After", "1")
	}
	slog.ErrorContext(ctx, "request failed", "error", err)
	return internalError()
}

// Refused is the problem of a refusal, in the one shape that all have: the reason is the type, with
// dashes; the message is the detail; each member of the details is a member of the problem, and
// retry_after (seconds) also the header.
//
//	{"type": "https://…/out-of-stock", "status": 422, "detail": "Not enough of TEA.", "shortages": […]}
func Refused(status int, r *refusal.Refusal) *Problem {
	p := NewProblem(status, slug(r.Reason), sentence(text.Line(r.Message, maxDetail-1)))
	if len(r.Details) == 0 {
		return p
	}
	// Decoded and encoded again, so that it is written as everything else is.
	decoder := json.NewDecoder(bytes.NewReader(r.Details))
	decoder.UseNumber()
	var details any
	if err := decoder.Decode(&details); err != nil {
		return p
	}
	details = clean(details)
	members, isObject := details.(map[string]any)
	if !isObject {
		return p.With("details", details)
	}
	for name, value := range members {
		p.With(name, value)
	}
	if after, given := members["retry_after"].(json.Number); given {
		p = p.WithHeader("Retry-After", after.String())
	}
	return p
}

// slug of a refusal's reason: out-of-stock of out_of_stock.
func slug(reason string) string { return strings.ReplaceAll(reason, "_", "-") }

func internalError() *Problem {
	return NewProblem(http.StatusInternalServerError, "internal-error", "The service failed. The trace id helps to find out why.")
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

// writeError answers what does not come from an operation: no such route, a method it does not
// have, a panic.
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
		p = problemOf(ctx, err, nil)
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
