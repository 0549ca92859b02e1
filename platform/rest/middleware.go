package rest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v5"

	"github.com/ordersaga/ordersaga/platform/telemetry"
)

func isProbe(path string) bool { return path == "/livez" || path == "/readyz" }

const (
	requestIDHeader = "X-Request-Id"
	maxRequestID    = 128
)

// requestID keeps the caller's id for the request, or makes one, and adds it to every log line.
func requestID(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		id := c.Request().Header.Get(requestIDHeader)
		if !plausible(id) {
			id = rand.Text()
		}
		c.Response().Header().Set(requestIDHeader, id)
		setContext(c, telemetry.With(c.Request().Context(), slog.String("request_id", id)))
		return next(c)
	}
}

// plausible reports whether a caller's id is safe to log.
func plausible(id string) bool {
	return id != "" && len(id) <= maxRequestID && strings.IndexFunc(id, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("-_.:", r)
	}) < 0
}

// accessLog writes one line per request, without query, body and caller, which may be personal.
func accessLog(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		begun := time.Now()
		if err := next(c); err != nil {
			// Answered here, so that the line has the status that was sent.
			writeError(c, err)
		}
		level := slog.LevelInfo
		if isProbe(c.Request().URL.Path) {
			level = slog.LevelDebug
		}
		attrs := []slog.Attr{
			slog.String("method", c.Request().Method),
			slog.String("route", c.Path()),
			slog.String("path", c.Request().URL.EscapedPath()),
			slog.Duration("took", time.Since(begun)),
		}
		if response, _ := echo.UnwrapResponse(c.Response()); response != nil {
			attrs = append(attrs, slog.Int("status", response.Status), slog.Int64("bytes", response.Size))
		}
		slog.LogAttrs(c.Request().Context(), level, "request", attrs...)
		return nil
	}
}

// recovery answers a panic with 500 and logs its stack.
func recovery(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) (err error) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			failure, _ := cause.(error)
			if errors.Is(failure, http.ErrAbortHandler) {
				panic(cause) // net/http's way to drop the connection
			}
			if response, _ := echo.UnwrapResponse(c.Response()); response != nil && response.Committed && isOfConnection(failure) {
				slog.InfoContext(c.Request().Context(), "the client closed the connection during the answer", "error", failure)
				return
			}
			slog.ErrorContext(c.Request().Context(), "panic", "panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
			err = internalError()
		}()
		return next(c)
	}
}

// allowHead adds HEAD to an Allow header with GET: echo serves it without listing it.
func allowHead(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		allowed, _ := c.Get(echo.ContextKeyHeaderAllow).(string)
		methods := splitList(allowed)
		if slices.Contains(methods, http.MethodGet) && !slices.Contains(methods, http.MethodHead) {
			c.Set(echo.ContextKeyHeaderAllow, allowed+", "+http.MethodHead)
		}
		return next(c)
	}
}

// asDebug logs echo's messages at debug level: echo reports an answer that was begun twice, which
// happens when the client has gone.
type asDebug struct{}

func (asDebug) Enabled(ctx context.Context, _ slog.Level) bool {
	return slog.Default().Enabled(ctx, slog.LevelDebug)
}

func (asDebug) Handle(ctx context.Context, record slog.Record) error {
	record.Level = slog.LevelDebug
	return slog.Default().Handler().Handle(ctx, record)
}

func (h asDebug) WithAttrs([]slog.Attr) slog.Handler { return h }

func (h asDebug) WithGroup(string) slog.Handler { return h }

// isOfConnection reports whether an error comes from the connection to the client: it was closed,
// or the client did not read in time.
func isOfConnection(err error) bool {
	var failed net.Error
	return errors.As(err, &failed)
}

// secureHeaders adds headers that stop browsers from guessing the type of an answer or framing it,
// and caches from storing it, because answers are personal.
func secureHeaders(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		header := c.Response().Header()
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("X-Frame-Options", "DENY")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		header.Set("Cache-Control", "no-store")
		return next(c)
	}
}

func setContext(c *echo.Context, ctx context.Context) { c.SetRequest(c.Request().WithContext(ctx)) }
