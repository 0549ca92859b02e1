package stack_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/devfile"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/ports"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/stack"
	"github.com/ordersaga/ordersaga/contracts/programs"
)

func newStack(t *testing.T, environment ...string) *stack.Stack {
	t.Helper()
	decided, err := ports.Decide(0, nil)
	require.NoError(t, err)
	s := &stack.Stack{Dir: t.TempDir(), Bin: "/bin", Ports: decided, File: &devfile.File{}, Environment: environment}
	s.Secrets()
	return s
}

func engines() *stack.Engines {
	e := &stack.Engines{Databases: map[string]string{
		"catalog": "postgres://catalog", "inventory": "postgres://inventory", "payments": "postgres://payments", "orders": "postgres://orders",
	}}
	e.Temporal.Address = "127.0.0.1:7233"
	e.OIDC.Issuer = "http://127.0.0.1:8085"
	return e
}

// environment of a program by name; a name set twice counts with the last value, as exec has it.
func environment(s *stack.Stack, name string) map[string]string {
	values := map[string]string{}
	for _, entry := range s.Program(name, engines()).Env {
		key, value, _ := strings.Cut(entry, "=")
		values[key] = value
	}
	return values
}

func TestTheUsersOwnSettingsOfOtherSystemsDoNotReachTheStack(t *testing.T) {
	s := newStack(t, "PGHOST=production", "TEMPORAL_API_KEY=production", "OIDC_ISSUER=https://id.example.com", "DATABASE_URL=postgres://production",
		"PORT=1", "HOST=0.0.0.0", "CATALOG_GRPC_ADDR=production:1", "OTEL_EXPORTER_OTLP_ENDPOINT=http://collector", "LOG_LEVEL=debug", "PATH=/usr/bin")
	for _, name := range stack.Order()[1:] {
		env := environment(s, name)
		for key, value := range env {
			assert.NotContains(t, value, "production", "%s of %s", key, name)
		}
		if name != programs.Worker { // its one page is on loopback by default
			assert.Equal(t, "127.0.0.1", env["HOST"], name)
		}
		assert.NotEqual(t, "1", env["PORT"], name)
		assert.Equal(t, "http://collector", env["OTEL_EXPORTER_OTLP_ENDPOINT"], "the rest passes")
		assert.Equal(t, "debug", env["LOG_LEVEL"])
		assert.Equal(t, "/usr/bin", env["PATH"])
	}
	for _, entry := range s.Engines().Env {
		assert.NotContains(t, entry, "production")
		assert.NotContains(t, entry, "OTEL_", "traces are of our programs: the Temporal server refuses exporters that it does not know")
	}
}

func TestAProgramGetsNoOtherProgramsSecrets(t *testing.T) {
	s := newStack(t)
	for _, name := range stack.Order()[1:] {
		env := environment(s, name)
		for other, secret := range s.File.Clients {
			for key, value := range env {
				if value == secret {
					assert.Equal(t, name, other, "%s knows the secret of %s by %s", name, other, key)
				}
			}
		}
		if url := env["DATABASE_URL"]; url != "" {
			assert.Equal(t, "postgres://"+name, url)
		}
		_, hasKey := env["PAYMENT_PROVIDER_KEY"]
		assert.Equal(t, name == programs.Payments, hasKey, "only payments talks to the provider, not %s", name)
	}
}

func TestTheWorkerIsToldTheServicesAndNoStore(t *testing.T) {
	env := environment(newStack(t), programs.Worker)
	assert.Equal(t, "8090", env["PORT"])
	assert.Equal(t, "127.0.0.1:9080", env["ORDERS_GRPC_ADDR"])
	assert.Equal(t, "127.0.0.1:7233", env["TEMPORAL_ADDRESS"])
	assert.NotContains(t, env, "DATABASE_URL")
	assert.NotContains(t, env, "AMQP_URL")
}

func TestSecretsAreMadeOnceAndKeptFromOthers(t *testing.T) {
	s := newStack(t)
	require.NoError(t, s.File.Save(s.Dir))
	require.NoError(t, s.WriteConfig())
	for _, file := range []string{"dev.json", "devstack.json"} {
		info, err := os.Stat(filepath.Join(s.Dir, file))
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), file)
	}
	again, err := devfile.Load(s.Dir)
	require.NoError(t, err)
	secrets := again.Clients["orders"]
	again.Complete([]string{"orders", "new"})
	assert.Equal(t, secrets, again.Clients["orders"], "the same at the next start")
	assert.NotEmpty(t, again.Clients["new"])
}

func TestDevstackIsToldEveryPort(t *testing.T) {
	s := newStack(t)
	require.NoError(t, s.WriteConfig())
	raw, err := os.ReadFile(filepath.Join(s.Dir, "devstack.json"))
	require.NoError(t, err)
	var config struct {
		Ports map[string]int `json:"ports"`
	}
	require.NoError(t, json.Unmarshal(raw, &config))
	assert.Equal(t, map[string]int{
		"postgres": 15432, "amqp": 5672, "amqp_management": 15672, "amqp_distribution": 25673, "epmd": 14369,
		"mongodb": 27017, "temporal": 7233, "temporal_ui": 8233, "oidc": 8085,
	}, config.Ports)
}
