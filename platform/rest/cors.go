package rest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"
)

// preflightAge is how long a browser may keep what a preflight was answered, in seconds.
const preflightAge = 600

// exposed are the headers of answers that a page's script may read besides those that every script
// may.
var exposed = []string{
	"ETag", "Location", "Retry-After", "Idempotent-Replayed", "Preference-Applied", "Allow", "WWW-Authenticate", requestIDHeader,
}

// sent are the headers that a page's script may send.
var sent = []string{
	"Authorization", "Content-Type", "Content-Encoding", "Idempotency-Key", "If-Match", "If-None-Match", "Prefer", requestIDHeader,
	"Traceparent",
}

// crossOrigin lets scripts of pages from other origins call the API (the Fetch standard's CORS):
// off without origins. Tokens are sent by the script itself, so no credentials of the browser's are
// ever allowed.
func crossOrigin(origins []string) echo.MiddlewareFunc {
	if len(origins) == 0 {
		return func(next echo.HandlerFunc) echo.HandlerFunc { return next }
	}
	cors := middleware.CORSWithConfig(middleware.CORSConfig{
		AllowOrigins: origins, AllowHeaders: sent, ExposeHeaders: exposed, MaxAge: preflightAge,
	})
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		answered := cors(next)
		return func(c *echo.Context) error {
			r := c.Request()
			// An OPTIONS that is no preflight asks which methods there are, and what is no path is
			// none for pages either.
			if r.Method == http.MethodOptions && (r.Header.Get("Access-Control-Request-Method") == "" || c.RouteInfo().Name == echo.NotFoundRouteName) {
				return next(c)
			}
			return answered(c)
		}
	}
}

// checkOrigins says which of the origins is none: a scheme, a host and perhaps a port. Not "*":
// every page of the web could then use a token that it got hold of.
func checkOrigins(origins []string) error {
	for _, origin := range origins {
		u, err := url.Parse(origin)
		if err != nil || !slices.Contains([]string{"http", "https"}, u.Scheme) || u.Host == "" || strings.Contains(u.Host, "*") || u.Scheme+"://"+u.Host != strings.ToLower(origin) {
			return fmt.Errorf("CORS_ALLOWED_ORIGINS must be origins like https://shop.example.com, without a path, not %q", origin)
		}
	}
	return nil
}
