package docs

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// stack is what `make run` runs, in a folder that looks like the repository to who only uses
// .ordersaga.
type stack struct {
	home   string
	offset int
}

// startTime bounds a cold start on a slow machine.
const startTime = 5 * time.Minute

// start runs a stack until the test ends.
func start(t *testing.T) *stack {
	t.Helper()
	bin := os.Getenv("ORDERSAGA_BIN")
	require.NotEmpty(t, bin, "this test runs the built programs: run `make test`, or `make build` and set ORDERSAGA_BIN to their folder")
	for range 20 {
		// As root, the engines run as an ordinary user, to whom a folder of testing's own is
		// closed.
		home, err := os.MkdirTemp("", "ordersaga-docs-")
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, os.RemoveAll(home)) })
		require.NoError(t, os.Chmod(home, 0o755))
		require.NoError(t, os.Mkdir(filepath.Join(home, ".ordersaga"), 0o755))
		require.NoError(t, os.Symlink(bin, filepath.Join(home, ".ordersaga", "bin")))
		// Below the ports that the system gives to outgoing connections.
		s := &stack{home: home, offset: 2300 + rand.IntN(3300)}
		if said, up := s.run(t); !up {
			// Another program of this machine has one of the ports: others, then.
			require.Contains(t, said, "is in use by another program", "the stack did not start")
			continue
		}
		return s
	}
	t.Fatal("no free ports were found")
	return nil
}

// run starts the stack and waits until it is up; else it tells what the stack said when it ended.
func (s *stack) run(t *testing.T) (said string, up bool) {
	t.Helper()
	ready := filepath.Join(s.home, "ready")
	var output bytes.Buffer
	dev := exec.Command(".ordersaga/bin/ordersaga", "dev", "--port-offset", strconv.Itoa(s.offset), "--wait-ready-file", ready)
	dev.Dir, dev.Stdout, dev.Stderr = s.home, &output, &output
	// Ten seconds and not three for what the pages do while the provider is slow, because the machine
	// may be slow as well.
	dev.Env = append(withoutSettings(os.Environ()), "PAYSIM_SLOW=10s", "PAYMENT_PROVIDER_TIMEOUT=12s", "PAYMENT_LOOKUP_DEADLINE=30s")
	require.NoError(t, dev.Start())
	ended := make(chan error, 1)
	go func() { ended <- dev.Wait() }()
	deadline := time.After(startTime)
	for {
		if _, err := os.Stat(ready); err == nil {
			t.Cleanup(func() {
				_ = dev.Process.Signal(syscall.SIGTERM)
				assert.NoError(t, <-ended, "the stack ends in order")
			})
			return "", true
		}
		select {
		case <-ended:
			return output.String(), false
		case <-deadline:
			_ = dev.Process.Signal(syscall.SIGTERM)
			<-ended
			t.Fatalf("the stack was not up within %s:\n%s", startTime, output.String())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// withoutSettings leaves out what would send a reader's commands elsewhere.
func withoutSettings(environment []string) (kept []string) {
	for _, setting := range environment {
		if !strings.HasPrefix(setting, "ORDERSAGA_") {
			kept = append(kept, setting)
		}
	}
	return kept
}
