package main_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var binary string

func TestMain(m *testing.M) {
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	folder, err := os.MkdirTemp("", "devstack-binary-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "making a folder for the program:", err)
		return 1
	}
	defer os.RemoveAll(folder)
	binary = filepath.Join(folder, "devstack")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building devstack: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

const (
	longestStart = 4 * time.Minute
	longestStop  = 2 * time.Minute
	longestHeal  = 4 * time.Minute
)

// settings of a devstack with free ports, that a test changes as it likes.
func settings(dir string) map[string]any {
	ports := map[string]any{}
	for _, name := range []string{
		"postgres", "amqp", "amqp_management", "amqp_distribution", "epmd", "mongodb", "temporal", "temporal_ui", "oidc",
	} {
		ports[name] = 0
	}
	return map[string]any{
		"dir": dir, "ports": ports, "databases": []string{"catalog", "orders"},
		"temporal": map[string]any{
			"namespace": "shop", "retention": "72h",
			"search_attributes": map[string]string{"OrderStatus": "Keyword", "Placed": "Datetime", "Lines": "Int"},
		},
		"oidc": map[string]any{"audience": "shop", "clients": []map[string]string{
			{"id": "orders", "secret": "a secret/with:signs", "scope": "shop.service shop.read"},
		}},
	}
}

// passableDir is a folder that any user can enter, which t.TempDir is not: as root the engines run
// as another user.
func passableDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "devstack-test-")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "stack")
}

type running struct {
	t     testing.TB
	dir   string
	cmd   *exec.Cmd
	ready chan struct{} // closed when it said so
	done  chan struct{}

	mu  sync.Mutex
	err []string // lines of standard error
}

// launch starts the program without waiting for anything.
func launch(t testing.TB, settings map[string]any, flags ...string) *running {
	t.Helper()
	raw, err := json.Marshal(settings)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "config.json")
	require.NoError(t, os.WriteFile(file, raw, 0o600))
	cmd := exec.Command(binary, append([]string{"run", "--config", file}, flags...)...)
	return follow(t, cmd, settings["dir"].(string))
}

func follow(t testing.TB, cmd *exec.Cmd, dir string) *running {
	t.Helper()
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	r := &running{t: t, dir: dir, cmd: cmd, ready: make(chan struct{}), done: make(chan struct{})}
	go func() {
		line, _ := bufio.NewReader(stdout).ReadString('\n')
		if line == "ready\n" {
			close(r.ready)
		}
	}()
	go func() {
		lines := bufio.NewScanner(stderr)
		for lines.Scan() {
			r.mu.Lock()
			r.err = append(r.err, lines.Text())
			r.mu.Unlock()
		}
		_ = cmd.Wait()
		close(r.done)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-r.done
	})
	return r
}

// start runs a devstack until it is ready.
func start(t testing.TB, settings map[string]any, flags ...string) *running {
	t.Helper()
	r := launch(t, settings, flags...)
	r.awaitReady()
	return r
}

func (r *running) awaitReady() {
	r.t.Helper()
	r.await("the line ready", longestStart, func() error {
		select {
		case <-r.ready:
			return nil
		default:
			return errors.New("it did not come")
		}
	})
}

// await asks until the answer is no error, while the program runs.
func (r *running) await(what string, within time.Duration, ask func() error) {
	r.t.Helper()
	deadline := time.After(within)
	for {
		err := ask()
		if err == nil {
			return
		}
		select {
		case <-r.done:
			r.t.Fatalf("the devstack ended (%s) while waiting for %s; it said:\n%s", r.cmd.ProcessState, what, r.said())
		case <-deadline:
			r.t.Fatalf("waited %s for %s: %v; the devstack said:\n%s", within, what, err, r.said())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (r *running) said() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.err, "\n")
}

// end waits for the program to end by itself and gives its exit code.
func (r *running) end(within time.Duration) int {
	r.t.Helper()
	select {
	case <-r.done:
	case <-time.After(within):
		r.t.Fatalf("the devstack did not end within %s; it said:\n%s", within, r.said())
	}
	return r.cmd.ProcessState.ExitCode()
}

// stop asks for a clean end and gets it.
func (r *running) stop() {
	r.t.Helper()
	require.NoError(r.t, r.cmd.Process.Signal(syscall.SIGTERM))
	require.Zero(r.t, r.end(longestStop), "exit code after SIGTERM; it said:\n%s", r.said())
	require.NoFileExists(r.t, filepath.Join(r.dir, "engines.json"))
	r.nothingLeft()
}

// nothingLeft finds no process that was started with, or with an environment of, this folder.
func (r *running) nothingLeft() {
	r.t.Helper()
	if _, err := os.Stat("/proc/self/cmdline"); err != nil {
		r.t.Log("no /proc here: cannot look for processes left behind")
		return
	}
	deadline := time.Now().Add(longestStop)
	for {
		left := processesOf(r.dir)
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("left running:\n%s", strings.Join(left, "\n"))
		}
		<-time.After(50 * time.Millisecond)
	}
}

func processesOf(dir string) []string {
	var found []string
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range files {
		line, _ := os.ReadFile(file)
		environment, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "environ"))
		if strings.Contains(string(line), dir+"/") || strings.Contains(string(environment), dir+"/") {
			found = append(found, filepath.Base(filepath.Dir(file))+" "+strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return found
}

// engines of engines.json.
type engines struct {
	Postgres  struct{ URL string }
	Databases map[string]string
	AMQP      struct {
		URL           string
		ManagementURL string `json:"management_url"`
	}
	MongoDB  struct{ URL string }
	Temporal struct {
		Address, Namespace string
		UIURL              string `json:"ui_url"`
		HTTPAddress        string `json:"http_address"`
	}
	OIDC struct{ Issuer string }
	Pids map[string]int
}

func (r *running) engines() engines {
	r.t.Helper()
	path := filepath.Join(r.dir, "engines.json")
	info, err := os.Stat(path)
	require.NoError(r.t, err)
	require.Equal(r.t, os.FileMode(0o600), info.Mode().Perm(), "engines.json holds passwords")
	raw, err := os.ReadFile(path)
	require.NoError(r.t, err)
	var found engines
	require.NoError(r.t, json.Unmarshal(raw, &found))
	return found
}

// killAndAwait sends SIGKILL to an engine and waits until it runs again with another process id.
func (r *running) killAndAwait(engine string) {
	r.t.Helper()
	before := r.engines().Pids[engine]
	require.NotZero(r.t, before)
	require.NoError(r.t, syscall.Kill(before, syscall.SIGKILL))
	r.await(engine+" to be restarted", longestHeal, func() error {
		if now := r.engines().Pids[engine]; now == before || now == 0 {
			return fmt.Errorf("its process id is still %d", now)
		}
		return nil
	})
}

func deadline(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func readAll(t *testing.T, body io.ReadCloser) string {
	t.Helper()
	defer body.Close()
	raw, err := io.ReadAll(body)
	require.NoError(t, err)
	return string(raw)
}
