package layering

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is tested is what ships: builds outside the workspace.
func TestEveryScriptBuildsWithoutTheWorkspace(t *testing.T) {
	assert.Regexp(t, `(?m)^export GOWORK := off$`, read(t, "Makefile"))
	scripts, err := filepath.Glob(filepath.Join(root, "scripts", "*"))
	require.NoError(t, err)
	calls := regexp.MustCompile(`(?m)^[^#\n]*\bgo (-C \S+ )?(build|test|vet|run|list|install)\b`)
	for _, script := range scripts {
		content := read(t, strings.TrimPrefix(script, root+"/"))
		if calls.MatchString(content) {
			assert.Regexp(t, `(?m)^export GOWORK=off$`, content, "%s calls go", script)
		}
	}
}

func TestTheWorkspaceIsForEditorsAndLeavesTheEnginesOut(t *testing.T) {
	workspace := read(t, "go.work")
	assert.Regexp(t, `(?m)^\s*(use )?\.$`, workspace)
	assert.Contains(t, workspace, "./tools")
	assert.NotRegexp(t, `(?m)^\s*(use )?\./devstack`, workspace, "its servers pin versions that ours do not compile with")
}

func TestCIRunsWhatADeveloperRuns(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(read(t, ".ci/run")), "\n")
	assert.Equal(t, "exec make test", lines[len(lines)-1])
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, path))
	require.NoError(t, err)
	return string(content)
}
