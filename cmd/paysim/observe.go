package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what /metrics shows: the runtime's and the durations of requests by route and status.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "paysim_http_request_duration_seconds",
			Help:    "Time from a request to its answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"method", "route", "status"}),
	}
	m.registry.MustRegister(m.requests,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

func (m *metrics) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		start := time.Now()
		err := next(c)
		// The method of an unknown route is the client's to invent: it must not become a label.
		method, route := c.Request().Method, c.Path()
		if route == "" || c.RouteInfo().Method == "" {
			method, route = "other", "other"
		}
		_, status := echo.ResolveResponseStatus(c.Response(), err)
		m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Observe(time.Since(start).Seconds())
		return err
	}
}

// logRequests writes one line a request under /v1. Neither the API key nor bodies are in it.
func logRequests(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		start := time.Now()
		err := next(c)
		if c.Path() == "/livez" || c.Path() == "/readyz" || c.Path() == "/metrics" {
			return err
		}
		if errors.Is(err, context.Canceled) {
			slog.Info("the client hung up", "path", c.Request().URL.Path, "idempotency_key", c.Request().Header.Get("Idempotency-Key"))
			return err
		}
		_, status := echo.ResolveResponseStatus(c.Response(), err)
		slog.Info("request", "method", c.Request().Method, "path", c.Request().URL.Path, "status", status,
			"idempotency_key", c.Request().Header.Get("Idempotency-Key"), "duration", time.Since(start).String())
		return err
	}
}
