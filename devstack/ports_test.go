package main_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

var discard = slog.New(slog.NewTextHandler(io.Discard, nil))

// portsOf fixes the ports that a client sees to what they are now.
func portsOf(t *testing.T, e engines, config map[string]any) map[string]any {
	t.Helper()
	ports := config["ports"].(map[string]any)
	for name, address := range map[string]string{
		"postgres": e.Postgres.URL, "amqp": e.AMQP.URL, "amqp_management": e.AMQP.ManagementURL, "mongodb": e.MongoDB.URL,
		"temporal": "grpc://" + e.Temporal.Address, "temporal_ui": e.Temporal.UIURL, "oidc": e.OIDC.Issuer,
	} {
		parsed, err := url.Parse(address)
		require.NoError(t, err)
		port, err := strconv.Atoi(parsed.Port())
		require.NoError(t, err)
		ports[name] = port
	}
	return ports
}

type piped struct {
	*running
	pipe io.Closer
}

// withPipe starts a devstack that watches the pipe it has as standard input.
func withPipe(t *testing.T, settings map[string]any) piped {
	t.Helper()
	raw, err := json.Marshal(settings)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "config.json")
	require.NoError(t, os.WriteFile(file, raw, 0o600))
	cmd := exec.Command(binary, "run", "--config", file, "--die-with-parent")
	pipe, err := cmd.StdinPipe()
	require.NoError(t, err)
	stack := follow(t, cmd, settings["dir"].(string))
	stack.awaitReady()
	return piped{stack, pipe}
}
