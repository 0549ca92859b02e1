package program

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/ordersaga/ordersaga/platform/config"
	"github.com/ordersaga/ordersaga/platform/doctor"
)

// readyTimeout is above what a readiness check takes at most.
const readyTimeout = 4 * time.Second

// errShown is an error that the user has read already.
var errShown = errors.New("shown")

// check says what is wrong with the settings or, when they can be read, with what they point to.
func (p Program[T]) check(out io.Writer) error {
	fmt.Fprintf(out, "%s %s\n", p.Name, Version())
	cfg, err := p.load()
	if err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			doctor.Wrong(out, "settings", line)
		}
		return errShown
	}
	checks := []doctor.Check{{Subject: "settings", Try: func(context.Context) (string, error) {
		return "all that is required is set", nil
	}}}
	checks = append(checks, misspelled(p.reads(), os.Environ())...)
	checks = append(checks, running(cfg)...)
	if p.Checks != nil {
		checks = append(checks, p.Checks(cfg)...)
	}
	checks = append(checks, doctor.Collector(os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT")))
	if doctor.Examine(context.Background(), out, checks) > 0 {
		return errShown
	}
	return nil
}

// running is whether the program that runs here with these settings is well or, when none does,
// whether one could.
func running(cfg Settings) []doctor.Check {
	err := askReady(cfg)
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return []doctor.Check{{Subject: "process", Try: func(context.Context) (string, error) {
			return "it runs here and is ready", err
		}}}
	}
	checks := []doctor.Check{{Subject: "process", Try: func(context.Context) (string, error) {
		return "it does not run here", nil
	}}}
	admin := "PORT"
	if server, ok := cfg.(interface{ Address() string }); ok {
		checks = append(checks, doctor.Listen("PORT", server.Address()))
		admin = "ADMIN_PORT"
	}
	if server, ok := cfg.(interface{ GRPCAddress() string }); ok {
		checks = append(checks, doctor.Listen("GRPC_PORT", server.GRPCAddress()))
	}
	return append(checks, doctor.Listen(admin, cfg.AdminAddress()))
}

// ready asks the program that runs on this host: for images without a shell.
func (p Program[T]) ready() error {
	cfg, err := config.Load[T]()
	if err != nil {
		return err
	}
	return askReady(cfg)
}

// askReady is nil when the program that listens there says that it is ready.
func askReady(cfg Settings) error {
	host, port, err := net.SplitHostPort(cfg.AdminAddress())
	if err != nil {
		return fmt.Errorf("the admin address %q: %w", cfg.AdminAddress(), err)
	}
	// Who listens everywhere answers here.
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(context.Background(), readyTimeout)
	defer cancel()
	url := "http://" + net.JoinHostPort(host, port) + "/readyz"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("not ready: %w", err)
	}
	defer response.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(response.Body, 4<<10))
	// Many servers answer 200 to anything; ours say how they are.
	var is struct {
		Status string `json:"status"`
	}
	switch err := json.Unmarshal(said, &is); {
	case err != nil || is.Status == "":
		return fmt.Errorf("another program answers at %s: %s", url, response.Status)
	case response.StatusCode != http.StatusOK:
		return fmt.Errorf("it runs and is not ready: %s", strings.TrimSpace(string(said)))
	default:
		return nil
	}
}
