package rest

import (
	"context"
	"net/http"
	"slices"

	"github.com/labstack/echo/v5"

	"github.com/ordersaga/ordersaga/platform/telemetry"
)

// serveHealth answers /livez and /readyz also on the public port, where load balancers ask. The
// reasons stay on the admin server: they name our insides.
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
