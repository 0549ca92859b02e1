// Package faults_test takes the engines away under the shop, which the other tests share and must
// not lose: it has a devstack of its own.
package faults_test

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/programs"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

// TestTheShopOutlivesItsEngines takes each engine away, and all of them, by a crash and by a stop,
// while orders are under way. Nothing is lost and nothing done twice.
func TestTheShopOutlivesItsEngines(t *testing.T) {
	stack := newStack(t)
	stack.start()
	t.Setenv("ORDERSAGA_ENGINES", stack.enginesFile())
	s := shop.Open(t, shop.Options{})

	for name, fault := range map[string]func(){
		"RabbitMQ crashes":    func() { stack.signal("rabbitmq", syscall.SIGKILL) },
		"RabbitMQ is stopped": func() { stack.signal("rabbitmq", syscall.SIGTERM) },
		"PostgreSQL crashes":  func() { stack.signal("postgres", syscall.SIGKILL) },
		// SIGINT is PostgreSQL's "stop now"; at SIGTERM it waits for its clients.
		"PostgreSQL is stopped": func() { stack.signal("postgres", syscall.SIGINT) },
		"all crash":             func() { stack.end(syscall.SIGKILL); stack.start() },
		"all are stopped":       func() { stack.end(syscall.SIGTERM); stack.start() },
	} {
		t.Run(name, func(t *testing.T) {
			load := s.Load(t, strings.ReplaceAll(name, " ", "-"), 12)
			load.UnderWay()
			fault()
			load.Settles()
		})
	}
}

// stack is a devstack on ports that stay the same when it is started again.
type stack struct {
	t       *testing.T
	dir     string
	command *exec.Cmd
}

func newStack(t *testing.T) *stack {
	t.Helper()
	// The engines run as an ordinary user also when the test is root's: they must be able to get to
	// their data.
	dir, err := os.MkdirTemp("", "ordersaga-faults-")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	s := &stack{t: t, dir: dir}
	t.Cleanup(func() {
		if s.command != nil {
			require.NoError(t, s.command.Process.Signal(syscall.SIGTERM))
			_ = s.command.Wait()
		}
		require.NoError(t, os.RemoveAll(dir))
	})
	ports := map[string]int{}
	for _, name := range []string{"postgres", "amqp", "amqp_management", "amqp_distribution", "epmd", "mongodb", "temporal", "temporal_ui", "oidc"} {
		ports[name] = testkit.FreePort(t)
	}
	var clients []map[string]string
	for _, name := range programs.Names(programs.CallsOthers) {
		clients = append(clients, map[string]string{"id": name, "secret": testkit.ClientSecret, "scope": "ordersaga.service"})
	}
	config, err := json.Marshal(map[string]any{
		"dir": s.data(), "host": "127.0.0.1", "ports": ports,
		"temporal": map[string]any{"namespace": "ordersaga", "retention": "24h", "search_attributes": map[string]string{}},
		"oidc":     map[string]any{"audience": "ordersaga", "clients": clients},
	})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(s.configFile(), config, 0o600))
	return s
}

func (s *stack) data() string        { return filepath.Join(s.dir, "devstack") }
func (s *stack) configFile() string  { return filepath.Join(s.dir, "config.json") }
func (s *stack) enginesFile() string { return filepath.Join(s.data(), "engines.json") }

// start runs devstack and waits until all engines answer.
func (s *stack) start() {
	s.t.Helper()
	bin := os.Getenv("ORDERSAGA_BIN")
	require.NotEmpty(s.t, bin, "this test runs the built programs: run `make test`, or `make build` and set ORDERSAGA_BIN to their folder")
	s.command = exec.Command(filepath.Join(bin, "devstack"), "run", "--config", s.configFile())
	s.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var said strings.Builder
	s.command.Stderr = &said
	output, err := s.command.StdoutPipe()
	require.NoError(s.t, err)
	require.NoError(s.t, s.command.Start())
	for lines := bufio.NewScanner(output); lines.Scan(); {
		if lines.Text() == "ready" {
			return
		}
	}
	_ = s.command.Wait()
	s.t.Fatalf("devstack did not get ready:\n%s", &said)
}

// signal ends one engine; devstack starts it again. The engine may be on its way back from the fault
// before.
func (s *stack) signal(engine string, signal syscall.Signal) {
	s.t.Helper()
	testkit.Eventually(s.t, engine+" to run and to get the signal", func() bool {
		content, err := os.ReadFile(s.enginesFile())
		var engines struct {
			PIDs map[string]int `json:"pids"`
		}
		return err == nil && json.Unmarshal(content, &engines) == nil && engines.PIDs[engine] != 0 &&
			syscall.Kill(engines.PIDs[engine], signal) == nil
	})
}

// end ends devstack, and with it everything it runs.
func (s *stack) end(signal syscall.Signal) {
	s.t.Helper()
	require.NoError(s.t, s.command.Process.Signal(signal))
	_ = s.command.Wait()
}
