package temporal

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	"github.com/temporalio/ui-server/v2/server/api"
	"github.com/temporalio/ui-server/v2/server/config"
	"github.com/temporalio/ui-server/v2/server/csrf"
	"github.com/temporalio/ui-server/v2/server/headers"
	"github.com/temporalio/ui-server/v2/server/route"
	"github.com/temporalio/ui-server/v2/ui"

	"github.com/ordersaga/ordersaga/devstack/internal/localonly"
)

// WebUI is Temporal's web page, served from this process with its assets.
type WebUI struct {
	server *http.Server
	url    string
}

// StartWebUI serves the page: it can be asked for when this returns.
func (s *Server) StartWebUI() (*WebUI, error) {
	handler, err := s.webUI()
	if err != nil {
		return nil, fmt.Errorf("preparing the Temporal Web UI: %w", err)
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(s.Host, strconv.Itoa(s.UIPort)))
	if err != nil {
		return nil, fmt.Errorf("starting the Temporal Web UI: %w", err)
	}
	page := &WebUI{
		url:    "http://" + net.JoinHostPort(s.ConnectHost, strconv.Itoa(s.UIPort)),
		server: &http.Server{Handler: localonly.Handler(s.Loopback, handler), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute},
	}
	go func() {
		_ = page.server.Serve(listener) // ends with Stop
	}()
	return page, nil
}

// webUI builds the page from the parts of ui-server, as its server.NewServer does. NewServer takes
// no listener and no handler around it: it answers for every host name, and ends the process when
// it cannot listen.
func (s *Server) webUI() (http.Handler, error) {
	cfg := &config.Config{
		TemporalGRPCAddress: s.Address(), EnableUI: true, DefaultNamespace: s.Namespace, HideLogs: true,
		// It would fetch version notices from the internet.
		DisableNewsFetch: true,
		// The page uses plain HTTP here; without this setting its buttons fail, because a cookie is
		// missing.
		CORS: config.CORS{CookieInsecure: true},
	}
	provider, err := config.NewConfigProviderWithRefresh(cfg)
	if err != nil {
		return nil, err
	}
	assets, err := ui.Assets()
	if err != nil {
		return nil, err
	}
	assets, err = fs.Sub(assets, "local")
	if err != nil {
		return nil, err
	}
	e := echo.New()
	const cookieSecure = false
	e.Use(middleware.Recover(), middleware.Gzip(), middleware.Secure(),
		csrf.EnsureTokenCookie(cookieSecure), middleware.CSRFWithConfig(csrf.MiddlewareConfig(provider, cookieSecure)))
	route.SetHealthRoute(e)
	err = route.SetAPIRoutes(e, provider, []api.Middleware{headers.WithForwardHeaders([]string{"Caller-Type"})})
	if err := errors.Join(err, route.SetUIRoutes(e, "", assets)); err != nil {
		return nil, err
	}
	route.SetRenderRoute(e, "")
	return e, nil
}

// URL of the page.
func (w *WebUI) URL() string { return w.url }

// Stop closes the page.
func (w *WebUI) Stop() { _ = w.server.Close() }
