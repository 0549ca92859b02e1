package deploy_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// temporal is the server that compose's image holds, from the same release's source.
type temporal struct{ grpc, http, metrics int }

// temporalPrograms builds temporal-server and temporal-sql-tool at the versions of devstack, whose
// modules they share. Go's build cache keeps the parts; putting them together takes half a minute
// when that is not yet done.
func temporalPrograms(t testing.TB) (server, tool string) {
	t.Helper()
	built, err := filepath.Abs(filepath.Join(root, ".ordersaga", "deploy"))
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(built, 0o755))
	// The command of the server wants one library more than devstack has.
	for _, name := range []string{"go.mod", "go.sum"} {
		content, err := os.ReadFile(filepath.Join(root, "devstack", name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(built, name), content, 0o600))
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-modfile", filepath.Join(built, "go.mod"), "-mod=mod",
		"-buildvcs=false", "-o", built+string(filepath.Separator), "go.temporal.io/server/cmd/server", "go.temporal.io/server/cmd/tools/sql")
	build.Dir = filepath.Join(root, "devstack")
	build.Env = append(os.Environ(), "GOWORK=off")
	said, err := build.CombinedOutput()
	require.NoError(t, err, "%s", said)
	return filepath.Join(built, "server"), filepath.Join(built, "sql")
}

func TestTheServerOfTestsIsTheOneOfCompose(t *testing.T) {
	project := load(t)
	list := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Version}}", "go.temporal.io/server")
	list.Dir, list.Env = filepath.Join(root, "devstack"), append(os.Environ(), "GOWORK=off")
	version, err := list.Output()
	require.NoError(t, err)
	release := strings.TrimPrefix(strings.TrimSpace(string(version)), "v")
	assert.Equal(t, "temporalio/server:"+release, project.Services["temporal"].Image)
	assert.Equal(t, "temporalio/admin-tools:"+release, project.Services["temporal-schema"].Image)
	list = exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Version}}", "github.com/temporalio/ui-server/v2")
	list.Dir, list.Env = filepath.Join(root, "devstack"), append(os.Environ(), "GOWORK=off")
	version, err = list.Output()
	require.NoError(t, err)
	assert.Equal(t, "temporalio/ui:"+strings.TrimPrefix(strings.TrimSpace(string(version)), "v"), project.Services["temporal-ui"].Image)
}

// startTemporal runs the job's very commands, twice, and then the server in the very environment of
// compose, with the addresses of this machine.
func startTemporal(t testing.TB, project *types.Project, database *postgres) temporal {
	t.Helper()
	server, tool := temporalPrograms(t)
	job := project.Services["temporal-schema"]
	require.Equal(t, []string{"sh", "-euc"}, []string(job.Entrypoint))
	tools := t.TempDir()
	require.NoError(t, os.Symlink(tool, filepath.Join(tools, "temporal-sql-tool")))
	env := []string{"PATH=" + tools + ":" + systemPath}
	for name, value := range environment(job) {
		env = append(env, name+"="+value)
	}
	env = append(env, "SQL_HOST=127.0.0.1", "SQL_PORT="+strconv.Itoa(database.port))
	for range 2 { // every start of compose runs it
		said, err := run(t, nil, env, append([]string(job.Entrypoint), job.Command...)...)
		require.NoError(t, err)
		require.NotContains(t, said, "ERROR")
	}

	running := temporal{grpc: freePort(t), http: freePort(t), metrics: freePort(t)}
	service := project.Services["temporal"]
	file := ""
	for _, mount := range service.Volumes {
		if mount.Target == environment(service)["DYNAMIC_CONFIG_FILE_PATH"] {
			file = mount.Source
		}
	}
	require.NotEmpty(t, file, "DYNAMIC_CONFIG_FILE_PATH is mounted")
	said, err := run(t, nil, nil, server, "validate-dynamic-config", file)
	require.NoError(t, err)
	assert.NotContains(t, said, "warning", "a key that the server does not know")
	assert.NotContains(t, said, "error")

	env = []string{"PATH=" + systemPath}
	for name, value := range environment(service) {
		env = append(env, name+"="+value)
	}
	env = append(
		env, "POSTGRES_SEEDS=127.0.0.1", "DB_PORT="+strconv.Itoa(database.port), "BIND_ON_IP=127.0.0.1",
		"DYNAMIC_CONFIG_FILE_PATH="+file, fmt.Sprintf("PROMETHEUS_ENDPOINT=127.0.0.1:%d", running.metrics),
		fmt.Sprintf("FRONTEND_GRPC_PORT=%d", running.grpc), fmt.Sprintf("FRONTEND_HTTP_PORT=%d", running.http),
	)
	for _, name := range []string{
		"FRONTEND_MEMBERSHIP", "HISTORY_GRPC", "HISTORY_MEMBERSHIP", "MATCHING_GRPC", "MATCHING_MEMBERSHIP", "WORKER_GRPC", "WORKER_MEMBERSHIP",
	} {
		env = append(env, fmt.Sprintf("%s_PORT=%d", name, freePort(t)))
	}
	process := start(t, nil, t.TempDir(), env, "temporal-server", server, "start")
	// What the health check of compose asks.
	health := service.HealthCheck.Test[len(service.HealthCheck.Test)-1]
	eventually(t, "the Temporal server", func() error {
		if err := process.running(); err != nil {
			t.Fatal(err)
		}
		_, err := get(strings.ReplaceAll(health, "127.0.0.1:7243", fmt.Sprintf("127.0.0.1:%d", running.http)))
		return err
	})
	return running
}
