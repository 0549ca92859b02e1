package temporal

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/temporalio/ui-server/v2/server"
	"github.com/temporalio/ui-server/v2/server/config"
	"github.com/temporalio/ui-server/v2/server/server_options"
)

// WebUI is Temporal's web page, served from this process with its assets.
type WebUI struct {
	server *server.Server
	url    string
}

// StartWebUI serves the page and returns when it answers.
func (s *Server) StartWebUI(ctx context.Context) (*WebUI, error) {
	page := &WebUI{url: "http://" + net.JoinHostPort(s.ConnectHost, strconv.Itoa(s.UIPort))}
	page.server = server.NewServer(server_options.WithConfigProvider(&config.Config{
		TemporalGRPCAddress: s.Address(), Host: urlHost(s.Host), Port: s.UIPort, EnableUI: true,
		DefaultNamespace: s.Namespace, HideLogs: true,
		// It would fetch news from the internet.
		DisableNewsFetch: true,
		// The page comes over plain HTTP here; without this its buttons fail for want of a cookie.
		CORS: config.CORS{CookieInsecure: true},
	}))
	go func() {
		// It ends the process when it cannot listen; the port was free a moment ago.
		_ = page.server.Start()
	}()
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := page.awaitAnswer(ctx); err != nil {
		page.Stop()
		return nil, fmt.Errorf("waiting for the Temporal Web UI: %w", err)
	}
	return page, nil
}

// URL of the page.
func (w *WebUI) URL() string { return w.url }

// Stop closes the page.
func (w *WebUI) Stop() { w.server.Stop() }

func (w *WebUI) awaitAnswer(ctx context.Context) error {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url+"/healthz", nil)
		if err != nil {
			return fmt.Errorf("asking %s: %w", w.url, err)
		}
		response, err := direct.Do(request)
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
			err = fmt.Errorf("it answers %s", response.Status)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w", w.url, err)
		case <-ticker.C:
		}
	}
}

// direct never goes through a proxy of the environment.
var direct = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}

// urlHost puts an IPv6 address into brackets: the page joins host and port with a colon.
func urlHost(host string) string {
	if ip := net.ParseIP(host); ip != nil && ip.To4() == nil {
		return "[" + host + "]"
	}
	return host
}
