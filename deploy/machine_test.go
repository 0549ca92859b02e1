package deploy_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience bounds every wait. What has not come by then will not come.
const patience = 2 * time.Minute

// eventually waits until try succeeds and fails the test with its last error.
func eventually(t testing.TB, what string, try func() error) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, 500*time.Millisecond) {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited %s in vain for %s: %v", patience, what, err)
		}
		time.Sleep(pause)
	}
}

// nextPort is below the ports that outgoing connections take, and above those that other tests
// choose from.
var nextPort atomic.Int32

func init() { nextPort.Store(int32(28_000 + os.Getpid()%3_000)) }

func freePort(t testing.TB) int {
	t.Helper()
	for range 1_000 {
		port := int(nextPort.Add(1))
		if free(port) {
			return port
		}
	}
	t.Fatal("no free port")
	return 0
}

func free(port int) bool {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return false
	}
	listener.Close()
	return true
}

// ordinary is the user that engines run as when the tests run as root, which PostgreSQL refuses;
// nil for this process's own.
func ordinary(t testing.TB) *syscall.Credential {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if found, err := user.Lookup(name); err == nil {
			uid, _ := strconv.Atoi(found.Uid)
			gid, _ := strconv.Atoi(found.Gid)
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		}
	}
	t.Fatal("running as root needs a user postgres or nobody for the engines")
	return nil
}

// folder is a new one that the ordinary user owns, and every folder above lets it in.
func folder(t testing.TB) string {
	t.Helper()
	path, err := os.MkdirTemp("", "ordersaga-deploy-")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(path) })
	own(t, path)
	return path
}

func own(t testing.TB, path string) {
	t.Helper()
	if who := ordinary(t); who != nil {
		require.NoError(t, os.Chown(path, int(who.Uid), int(who.Gid)))
	}
}

// write a file that the ordinary user can read.
func write(t testing.TB, path, content string) string {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	own(t, path)
	return path
}

// guarded ends the program it starts as soon as its standard input ends: with the test that holds
// it, however that goes.
const guarded = `exec 3<&0; "$@" </dev/null 3<&- & child=$!; (cat <&3 >/dev/null; kill -TERM $child 2>/dev/null) & wait $child`

// process that a test started.
type process struct {
	name string
	log  string
	done chan struct{}
}

// start a program that runs until the test ends. who is nil for this user.
func start(t testing.TB, who *syscall.Credential, dir string, env []string, name string, command ...string) *process {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), name+".log"))
	require.NoError(t, err)
	started := exec.Command("/bin/sh", append([]string{"-c", guarded, "guarded"}, command...)...)
	started.Dir, started.Env = dir, env
	started.Stdout, started.Stderr = log, log
	started.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: who}
	stdin, err := started.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, started.Start(), name)
	p := &process{name: name, log: log.Name(), done: make(chan struct{})}
	go func() {
		defer close(p.done)
		_ = started.Wait()
	}()
	t.Cleanup(func() {
		stdin.Close()
		select {
		case <-p.done:
		case <-time.After(patience):
			_ = syscall.Kill(-started.Process.Pid, syscall.SIGKILL)
			<-p.done
			t.Errorf("%s did not stop within %s", name, patience)
		}
		log.Close()
		if t.Failed() {
			t.Logf("the end of what %s said:\n%s", name, p.tail())
		}
	})
	return p
}

func (p *process) tail() string {
	content, _ := os.ReadFile(p.log)
	const enough = 1_500
	return string(content[max(0, len(content)-enough):])
}

// running is an error once the process has ended.
func (p *process) running() error {
	select {
	case <-p.done:
		return fmt.Errorf("%s has ended:\n%s", p.name, p.tail())
	default:
		return nil
	}
}

// run a command to its end and give what it says.
func run(t testing.TB, who *syscall.Credential, env []string, command ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env, cmd.Dir = env, os.TempDir()
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: who}
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	err := cmd.Run()
	if err != nil {
		err = fmt.Errorf("%s: %w: %s", filepath.Base(command[0]), err, said.String())
	}
	return said.String(), err
}

var client = &http.Client{Timeout: patience}

// get the body of a URL, or an error when the answer is not 200.
func get(address string) (string, error) {
	response, err := client.Get(address)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s: %s", address, response.Status, body)
	}
	return string(body), err
}

// find a program in PATH or in one of the places where packages put it.
func find(t testing.TB, name string, places ...string) string {
	t.Helper()
	for _, place := range places {
		if found, _ := filepath.Glob(place); len(found) > 0 {
			return found[len(found)-1]
		}
	}
	path, err := exec.LookPath(name)
	require.NoError(t, err, "%s is needed: run `make prerequisites`; also looked at %s", name, strings.Join(places, ", "))
	return path
}

const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// machine is where the services of compose really are in a test: host:port of the file to host:port
// of this machine.
type machine map[string]string

// translate the addresses in a value, all of them.
func (m machine) translate(value string) string {
	return hostPort.ReplaceAllStringFunc(value, func(match string) string {
		found := hostPort.FindStringSubmatchIndex(match)
		from := match[found[2]:found[5]]
		if to, known := m[from]; known {
			return match[:found[2]] + to + match[found[5]:]
		}
		return match
	})
}
