package rest

import (
	"context"
	"net/http"
	"slices"

	echootel "github.com/labstack/echo-opentelemetry"
	"github.com/labstack/echo/v5"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.39.0"
	"go.opentelemetry.io/otel/trace"
)

// tracing makes each request a server span named by its route, the root of a new trace, and records
// http.server.request.duration and its kin.
func tracing() echo.MiddlewareFunc {
	return echootel.NewMiddlewareWithConfig(echootel.Config{
		Skipper:          func(c *echo.Context) bool { return isProbe(c.Request().URL.Path) },
		Propagators:      nothingFromOutside{},
		MetricAttributes: metricLabels,
	})
}

// nothingFromOutside is the propagator of a public border. A trace that a client chooses would
// decide what is sampled, and its baggage would be carried into every call, event and history that
// follows from the request.
type nothingFromOutside struct{}

func (nothingFromOutside) Inject(context.Context, propagation.TextMapCarrier) {}

func (nothingFromOutside) Extract(ctx context.Context, _ propagation.TextMapCarrier) context.Context {
	return ctx
}

func (nothingFromOutside) Fields() []string { return nil }

// linkCaller links the request to the span its client says it is made in: whoever has both traces
// finds the one from the other. The client's vendor state stays outside.
func linkCaller(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		// Of several, none is valid (W3C Trace Context 3.2).
		if given := c.Request().Header.Values("Traceparent"); len(given) == 1 {
			carrier := propagation.MapCarrier{"traceparent": given[0]}
			caller := trace.SpanContextFromContext(propagation.TraceContext{}.Extract(context.Background(), carrier))
			if caller.IsValid() {
				trace.SpanFromContext(c.Request().Context()).AddLink(trace.Link{SpanContext: caller})
			}
		}
		return next(c)
	}
}

// methods that a label may have: those of RFC 9110 and PATCH.
var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
	http.MethodConnect, http.MethodOptions, http.MethodTrace,
}

// metricLabels are from fixed sets, whatever a client sends: a method, the template of a route, a
// status. Each other value would be a series more, for ever.
func metricLabels(c *echo.Context, v *echootel.Values) []attribute.KeyValue {
	method := semconv.HTTPRequestMethodOther
	if slices.Contains(methods, c.Request().Method) {
		method = semconv.HTTPRequestMethodKey.String(c.Request().Method)
	}
	labels := []attribute.KeyValue{
		method, semconv.HTTPResponseStatusCode(v.HTTPResponseStatusCode), semconv.URLScheme(v.URLScheme),
	}
	if route := c.RouteInfo(); route.Name != echo.NotFoundRouteName && route.Name != echo.MethodNotAllowedRouteName {
		labels = append(labels, semconv.HTTPRoute(route.Path))
	}
	return labels
}
