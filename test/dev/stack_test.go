package dev

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/testkit"
)

// stack is one `ordersaga dev`.
type stack struct {
	dir    string
	offset string
	cmd    *exec.Cmd
	output *output
	ended  chan error
}

// folder for stacks, which an ordinary user can enter: as root, the engines run as one, and a
// folder of testing's own is closed to them.
func folder(t *testing.T) string {
	t.Helper()
	path, err := os.MkdirTemp("", "ordersaga-life-")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(path)) })
	require.NoError(t, os.Chmod(path, 0o755))
	return path
}

// patience bounds each wait: a cold start on a slow machine is within it.
const patience = 5 * time.Minute

// start runs a stack in a folder below home and waits until its table is printed.
func start(t *testing.T, home, name string, args ...string) *stack {
	t.Helper()
	for range 20 {
		s := launch(t, home, name, args...)
		if s.up(t) {
			return s
		}
		// Another program of this machine has one of the ports: others, then.
		require.Contains(t, s.output.text(), "is in use by another program", "the stack did not start")
	}
	t.Fatal("no free ports were found")
	return nil
}

func launch(t *testing.T, home, name string, args ...string) *stack {
	t.Helper()
	// Above the ports of a stack with the defaults, below those the system gives to outgoing
	// connections.
	offset := strconv.Itoa(2300 + rand.IntN(3300))
	s := &stack{dir: filepath.Join(home, name), offset: offset, output: &output{}, ended: make(chan error, 1)}
	ready := s.readyFile()
	_ = os.Remove(ready)
	s.cmd = exec.Command(program(t), append([]string{"dev", "--dir", name, "--port-offset", offset, "--wait-ready-file", ready}, args...)...)
	s.cmd.Dir = home
	s.cmd.Stdout, s.cmd.Stderr = s.output, s.output
	require.NoError(t, s.cmd.Start())
	go func() { s.ended <- s.cmd.Wait() }()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("what ordersaga dev said in %s:\n%s", s.dir, s.output.text())
		}
		s.discard()
	})
	return s
}

func (s *stack) readyFile() string { return s.dir + ".ready" }

// up waits for the table; false when the stack ended instead.
func (s *stack) up(t *testing.T) bool {
	t.Helper()
	deadline := time.After(patience)
	for {
		if _, err := os.Stat(s.readyFile()); err == nil {
			return true
		}
		select {
		case err := <-s.ended:
			s.ended <- err
			return false
		case <-deadline:
			t.Fatalf("%s was not up within %s", s.dir, patience)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// stop is the orderly end: SIGTERM, exit 0, and no process is left.
func (s *stack) stop(t *testing.T) {
	t.Helper()
	require.NotEmpty(t, processesOf(s.dir), "the processes of a running stack can be found")
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case err := <-s.ended:
		s.ended <- err
		assert.NoError(t, err, "exit status 0")
	case <-time.After(patience):
		t.Fatalf("%s did not stop within %s", s.dir, patience)
	}
	testkit.Eventually(t, "the last of its processes to end", func() bool { return len(processesOf(s.dir)) == 0 })
}

// cut kills the supervisor, as an out-of-memory killer or a power cut does.
func (s *stack) cut(t *testing.T) {
	t.Helper()
	require.NoError(t, s.cmd.Process.Kill())
	err := <-s.ended
	s.ended <- err
}

// discard leaves nothing of a failed test running.
func (s *stack) discard() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-s.ended:
		s.ended <- err
	case <-time.After(patience):
		_ = s.cmd.Process.Kill()
	}
}

// command runs another command on the stack and gives what it prints.
func (s *stack) command(t *testing.T, args ...string) string {
	t.Helper()
	out, err := s.run(t, args...)
	require.NoError(t, err, out)
	return out
}

// refused is what a command prints that has to fail.
func (s *stack) refused(t *testing.T, args ...string) string {
	t.Helper()
	out, err := s.run(t, args...)
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit, out)
	assert.Equal(t, 3, exit.ExitCode(), "the answer is no")
	return out
}

// try is what a command prints, whether it fails or not.
func (s *stack) try(args ...string) string {
	out, _ := exec.Command(os.Getenv("ORDERSAGA_BIN")+"/ordersaga", append(args, "--dir", s.dir)...).CombinedOutput()
	return string(out)
}

func (s *stack) run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	out, err := exec.Command(program(t), append(args, "--dir", s.dir)...).CombinedOutput()
	return string(out), err
}

// refusedStart is what a start says that has to fail at once.
func (s *stack) refusedStart(t *testing.T, home, name, offset string) string {
	t.Helper()
	cmd := exec.Command(program(t), "dev", "--dir", name, "--port-offset", offset)
	cmd.Dir = home
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit, string(out))
	assert.Equal(t, 1, exit.ExitCode())
	return string(out)
}

// says waits until the stack has printed the text.
func (s *stack) says(t *testing.T, text string) {
	t.Helper()
	testkit.Eventually(t, "the terminal to show: "+text, func() bool { return strings.Contains(s.output.text(), text) })
}

// pid of one of its processes; 0 while there is no note of it.
func (s *stack) pid(name string) int {
	raw, _ := os.ReadFile(filepath.Join(s.dir, "run", name+".pid.json"))
	var note struct {
		Pid int `json:"pid"`
	}
	_ = json.Unmarshal(raw, &note)
	return note.Pid
}

// program is the command under test.
func program(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("ORDERSAGA_BIN")
	if folder == "" {
		t.Fatal("this test needs the programs: run `make test`, or `make build` and set ORDERSAGA_BIN to the absolute path of .ordersaga/bin")
	}
	return filepath.Join(folder, "ordersaga")
}

// output is what a process printed so far.
type output struct {
	mu   sync.Mutex
	said bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.said.Write(p)
}

func (o *output) text() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.said.String()
}

// processesOf finds the processes that have the folder in their command line or environment;
// nothing where there is no /proc.
func processesOf(dir string) []string {
	var found []string
	folders, _ := filepath.Glob("/proc/[0-9]*")
	for _, folder := range folders {
		command, _ := os.ReadFile(filepath.Join(folder, "cmdline"))
		environment, _ := os.ReadFile(filepath.Join(folder, "environ"))
		if bytes.Contains(command, []byte(dir)) || bytes.Contains(environment, []byte(dir)) {
			line := strings.ReplaceAll(string(command), "\x00", " ")
			found = append(found, fmt.Sprintf("%s: %.200s", filepath.Base(folder), line))
		}
	}
	return found
}
