package rest

import (
	"context"
	"net/http"
	"slices"

	"github.com/labstack/echo/v5"

	"github.com/ordersaga/ordersaga/platform/telemetry"
)

// serveHealth serves /livez and /readyz also on the public port, for load balancers. The errors are
// only on the admin server, because they name internal addresses.
func (a *API) serveHealth(ready map[string]func(ctx context.Context) error) {
	a.echo.GET("/livez", func(c *echo.Context) error {
		return c.JSON(http.StatusOK, map[string]any{"status": "ok"})
	})
	a.echo.GET("/readyz", func(c *echo.Context) error {
		var names []string
		for name := range telemetry.Failing(c.Request().Context(), ready) {
			names = append(names, name)
		}
		if len(names) == 0 {
			return c.JSON(http.StatusOK, map[string]any{"status": "ok"})
		}
		slices.Sort(names)
		return c.JSON(http.StatusServiceUnavailable, map[string]any{"status": "unavailable", "failing": names})
	})
}
