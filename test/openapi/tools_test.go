package openapi_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/testkit"
)

// tools are the programs of package.json, and a folder in which they run.
type tools struct{ modules, folder string }

// install installs what package-lock.json pins, once for each state of it, or skips the test where
// npm is not.
func install(t *testing.T) tools {
	t.Helper()
	npm, err := exec.LookPath("npm")
	if err != nil {
		testkit.NotRun(t, "the OpenAPI documents' linters and client: npm is not installed (Node.js 20 or later)")
	}
	lock, err := os.ReadFile("package-lock.json")
	require.NoError(t, err)
	cache, err := filepath.Abs(filepath.Join("..", "..", ".ordersaga", "npm", fmt.Sprintf("openapi-%.12x", sha256.Sum256(lock))))
	require.NoError(t, err)
	done := filepath.Join(cache, "installed")
	if _, err := os.Stat(done); err != nil {
		require.NoError(t, os.MkdirAll(cache, 0o755))
		for _, name := range []string{"package.json", "package-lock.json"} {
			put(t, name, filepath.Join(cache, name))
		}
		command := exec.CommandContext(t.Context(), npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
		command.Dir = cache
		if output, err := command.CombinedOutput(); err != nil {
			testkit.NotRun(t, fmt.Sprintf("the OpenAPI documents' linters and client: npm cannot install what test/openapi pins: %v: %s", err, bytes.TrimSpace(output)))
		}
		require.NoError(t, os.WriteFile(done, nil, 0o600))
	}
	// Below the modules, where Node.js looks for them.
	folder, err := os.MkdirTemp(cache, "run-")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	for name := range sources {
		put(t, name, filepath.Join(folder, name))
	}
	put(t, "package.json", filepath.Join(folder, "package.json"))
	return tools{modules: filepath.Join(cache, "node_modules"), folder: folder}
}

func put(t *testing.T, from, to string) {
	t.Helper()
	content, err := os.ReadFile(from)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(to, content, 0o600))
}

// file is a path in the folder of the tools.
func (x tools) file(name string) string { return filepath.Join(x.folder, name) }

// run runs a program of the modules and returns its standard output.
func (x tools) run(t *testing.T, program string, arguments ...string) string {
	t.Helper()
	return x.start(t, nil, filepath.Join(x.modules, ".bin", program), arguments...)
}

// node runs JavaScript with an environment.
func (x tools) node(t *testing.T, environment []string, script string) string {
	t.Helper()
	return x.start(t, environment, "node", script)
}

func (x tools) start(t *testing.T, environment []string, program string, arguments ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), program, arguments...)
	command.Dir = x.folder
	command.Env = append(append(os.Environ(), "NO_COLOR=1", "REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true"), environment...)
	var output, complaints bytes.Buffer
	command.Stdout, command.Stderr = &output, &complaints
	if err := command.Run(); err != nil {
		t.Errorf("%s: %v\n%s%s", filepath.Base(program), err, output.Bytes(), complaints.Bytes())
	}
	return output.String()
}
