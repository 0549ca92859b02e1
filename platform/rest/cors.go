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

// preflightAge is how long a browser may cache the answer to a preflight, in seconds.
const preflightAge = 600

// exposed are the response headers that scripts may read in addition to the standard ones.
var exposed = []string{
	"ETag", "Location", "Retry-After", "Idempotent-Replayed", "Preference-Applied", "Allow", "WWW-Authenticate", requestIDHeader,
}

// sent are the request headers that scripts may send.
var sent = []string{
	"Authorization", "Content-Type", "Content-Encoding", "Idempotency-Key", "If-Match", "If-None-Match", "Prefer", requestIDHeader,
	"Traceparent",
}

// crossOrigin lets scripts of pages from the given origins call the API (the Fetch standard's
// CORS); it is off without origins. Scripts send tokens themselves, so the browser's credentials
// are not allowed.
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
			// An OPTIONS that is not a preflight asks for the allowed methods; an unknown path
			// stays a 404.
			if r.Method == http.MethodOptions && (r.Header.Get("Access-Control-Request-Method") == "" || c.RouteInfo().Name == echo.NotFoundRouteName) {
				return next(c)
			}
			return answered(c)
		}
	}
}

// checkOrigins returns an error for an invalid origin: it must be a scheme, a host and perhaps a
// port. "*" is refused, because any page could then use a stolen token.
func checkOrigins(origins []string) error {
	for _, origin := range origins {
		u, err := url.Parse(origin)
		if err != nil || !slices.Contains([]string{"http", "https"}, u.Scheme) || u.Host == "" || strings.Contains(u.Host, "*") || u.Scheme+"://"+u.Host != strings.ToLower(origin) {
			return fmt.Errorf("CORS_ALLOWED_ORIGINS must be origins like https://shop.example.com, without a path, not %q", origin)
		}
	}
	return nil
}
