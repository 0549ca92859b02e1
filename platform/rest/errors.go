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

// statusClientClosed is for logs and metrics; no client receives it. The number is nginx's; RFC
// 9110 has none.
const statusClientClosed = 499

// problemOf returns the problem with which an error is answered. The refusals have the operation's
// status for each reason.
func problemOf(ctx context.Context, err error, refusals map[string]int) *Problem {
	return atRequest(ctx, translate(ctx, err, refusals))
}

func translate(ctx context.Context, err error, refusals map[string]int) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		// A copy, because handlers may share problems and each answer adds members.
		return p.clone()
	}
	if r, ok := refusal.As(err); ok {
		return Refused(cmp.Or(refusals[r.Reason], http.StatusUnprocessableEntity), r)
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		// The client closed the connection, which cancelled the operation.
		slog.InfoContext(ctx, "the client closed the connection before the answer", "error", err)
		return NewProblem(statusClientClosed, "client-closed-request", "The client closed the connection before the answer.")
	}
	if unavailable.Is(err) {
		slog.WarnContext(ctx, "request failed", "error", err)
		detail := "A dependency of this service does not work at the moment. Try again."
		if said, marked := unavailable.As(err); marked {
			detail = sentence(said.Message)
		}
		return NewProblem(http.StatusServiceUnavailable, "unavailable", detail).WithHeader("Retry-After", "1")
	}
	slog.ErrorContext(ctx, "request failed", "error", err)
	return internalError()
}

// Refused makes the problem of a refusal: the reason is the type, with dashes; the message is the
// detail; each member of the details is a member of the problem, and retry_after (seconds) is also
// the header.
//
//	{"type": "https://…/out-of-stock", "status": 422, "detail": "Not enough of TEA.", "shortages": […]}
func Refused(status int, r *refusal.Refusal) *Problem {
	p := NewProblem(status, slug(r.Reason), sentence(text.Line(r.Message, maxDetail-1)))
	if len(r.Details) == 0 {
		return p
	}
	// Decoded and encoded again, so that its texts are cleaned and numbers keep their form.
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

// slug turns a refusal's reason into a problem's slug: out_of_stock into out-of-stock.
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

// atRequest adds the request's path and trace id to a problem.
func atRequest(ctx context.Context, p *Problem) *Problem {
	if path, ok := ctx.Value(pathKey{}).(string); ok && p.Instance == "" && len(path) <= maxDetail {
		p.Instance = path
	}
	if id := telemetry.TraceID(ctx); id != "" {
		p.With("trace_id", id)
	}
	return p
}

// writeError answers errors outside operations: no such route, no such method, a panic.
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
	// The client has gone: the error has no receiver.
	_, _ = w.Write(append(body, '\n'))
}
