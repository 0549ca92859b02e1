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

// tracing starts a server span for each request, named by its route, in a new trace, and records
// http.server.request.duration and related metrics.
func tracing() echo.MiddlewareFunc {
	return echootel.NewMiddlewareWithConfig(echootel.Config{
		Skipper:          func(c *echo.Context) bool { return isProbe(c.Request().URL.Path) },
		Propagators:      nothingFromOutside{},
		MetricAttributes: metricLabels,
	})
}

// nothingFromOutside is the propagator of a public API: it ignores a client's trace, which would
// decide what is sampled, and its baggage, which would be carried into every call, event and
// history of the request.
type nothingFromOutside struct{}

func (nothingFromOutside) Inject(context.Context, propagation.TextMapCarrier) {}

func (nothingFromOutside) Extract(ctx context.Context, _ propagation.TextMapCarrier) context.Context {
	return ctx
}

func (nothingFromOutside) Fields() []string { return nil }

// linkCaller links the request's span to the client's span, so that each trace can be found from
// the other. The client's tracestate is not taken over.
func linkCaller(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		// Several headers are invalid (W3C Trace Context 3.2).
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

// methods are the values of the method label: those of RFC 9110 and PATCH.
var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
	http.MethodConnect, http.MethodOptions, http.MethodTrace,
}

// metricLabels returns labels from fixed sets, because each further value would be a further
// series: a method, the template of a route, a status.
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
