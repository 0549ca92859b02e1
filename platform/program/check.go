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

// readyTimeout is longer than a readiness check can take.
const readyTimeout = 4 * time.Second

// errShown is an error that was already printed.
var errShown = errors.New("shown")

// check prints what is wrong with the settings or, when they are valid, with the services they
// name.
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

// running checks whether the program that runs here with these settings is ready or, when none
// runs, whether its ports are free.
func running(cfg Settings) []doctor.Check {
	err := askReady(cfg)
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return []doctor.Check{{Subject: "process", Try: func(context.Context) (string, error) {
			return "the program runs here and is ready", err
		}}}
	}
	checks := []doctor.Check{{Subject: "process", Try: func(context.Context) (string, error) {
		return "the program does not run here", nil
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

// ready asks the program that runs on this host, for images without a shell.
func (p Program[T]) ready() error {
	cfg, err := config.Load[T]()
	if err != nil {
		return err
	}
	return askReady(cfg)
}

// askReady returns nil when the program at the admin address is ready.
func askReady(cfg Settings) error {
	host, port, err := net.SplitHostPort(cfg.AdminAddress())
	if err != nil {
		return fmt.Errorf("the admin address %q: %w", cfg.AdminAddress(), err)
	}
	// A program that listens on all addresses answers on loopback.
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
	// Other servers may answer 200 to any path; ours answer with a status.
	var is struct {
		Status string `json:"status"`
	}
	switch err := json.Unmarshal(said, &is); {
	case err != nil || is.Status == "":
		return fmt.Errorf("another program answers at %s: %s", url, response.Status)
	case response.StatusCode != http.StatusOK:
		return fmt.Errorf("the program runs and is not ready: %s", strings.TrimSpace(string(said)))
	default:
		return nil
	}
}
