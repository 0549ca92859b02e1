package adapting

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTheRecipesOfAServiceAndASagaWork follows docs/adapting.md on a copy: its files, its edits, the
// generated code; the checks that would name what is missing of a service, and the test that the
// page has for its saga.
func TestTheRecipesOfAServiceAndASagaWork(t *testing.T) {
	service, saga := recipe(t, "A service"), recipe(t, "A saga")
	require.NotEmpty(t, service)
	require.NotEmpty(t, saga)
	tree := copied(t)

	edited := map[string]bool{}
	for _, step := range service {
		edited[step.follow(t, tree)] = true
	}
	delete(edited, "")
	assert.LessOrEqual(t, len(edited), 6, "files that a new service touches: %v", edited)
	bin := tree.programsWith("loyalty")
	tree.must("go", "vet", "./services/loyalty/...", "./contracts/programs")
	require.Empty(t, tree.must("gofumpt", "-l", "services/loyalty", "contracts/programs"), "formatted as the rest")
	t.Setenv("ORDERSAGA_BIN", bin)
	tree.must("go", "test", "./test/layering")
	tree.must("go", "-C", "deploy", "test", ".", "-run", "ComposeUp|ComposeIsInOrder|EnginesAlone|Prometheus|Release")
	tree.must("go", "-C", "deploy", "test", "./kubernetes", "-run", "TestEveryWayToDeployIsSound|TestTheSecretsExample|TestProductionRuns")

	for _, step := range saga {
		step.follow(t, tree)
	}
	tree.must("buf", "lint")
	tree.must("buf", "breaking", "contracts/proto", "--against", "contracts/proto/released.binpb")
	tree.must("buf", "generate")
	tree.must("go", "vet", "./contracts/...", "./workflows/...")
	tree.must("go", "test", "./workflows/packgift")
	require.Empty(t, tree.must("gofumpt", "-l", "contracts/sagas", "workflows/packgift"), "formatted as the rest")
}

// step of a recipe: a new file, lines to add to one that is there, or a command.
type step struct {
	path    string // "run" for a command
	after   string // a part of the line after which the content goes; "" for a new file
	content string
}

var (
	recipeBlock = regexp.MustCompile("(?m)^ *<!-- recipe (\\S+?)(?:, after \"(.+)\")? -->\n( *)```\\w+\n((?:.*\n)*?) *```$")
	heading     = regexp.MustCompile(`(?m)^## (.+)$`)
)

// recipe is the steps of a section of the page, in their order.
func recipe(t *testing.T, section string) (steps []step) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, "docs", "adapting.md"))
	require.NoError(t, err)
	_, page, found := strings.Cut(string(content), "\n## "+section+"\n")
	require.True(t, found, "the page has no section %q", section)
	if end := heading.FindStringIndex(page); end != nil {
		page = page[:end[0]]
	}
	for _, found := range recipeBlock.FindAllStringSubmatch(page, -1) {
		var content strings.Builder
		for line := range strings.Lines(found[4]) {
			content.WriteString(strings.TrimPrefix(line, found[3]))
		}
		steps = append(steps, step{found[1], found[2], content.String()})
	}
	return steps
}

// follow does the step in the tree. It returns the path of a file that it edited.
func (s step) follow(t *testing.T, tree tree) (edited string) {
	t.Helper()
	path := filepath.Join(tree.folder, s.path)
	switch {
	case s.path == "run":
		tree.must("sh", "-euc", s.content)
		return ""
	case s.after == "":
		require.NoFileExists(t, path, "the recipe makes it anew")
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(s.content), 0o600))
		return ""
	}
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	at := strings.Index(string(content), s.after)
	require.GreaterOrEqual(t, at, 0, "%s has no line with %q", s.path, s.after)
	end := at + strings.Index(string(content[at:]), "\n") + 1
	require.NoError(t, os.WriteFile(path, []byte(string(content[:end])+s.content+string(content[end:])), 0o600))
	return s.path
}

// programsWith makes a folder of all programs: the command and the named one are built here, the
// others are those of ORDERSAGA_BIN.
func (tr tree) programsWith(name string) string {
	tr.t.Helper()
	built := os.Getenv("ORDERSAGA_BIN")
	require.NotEmpty(tr.t, built, "this test needs the built programs: run `make test`, or `make engines` once and set ORDERSAGA_BIN as it says")
	built, err := filepath.Abs(built)
	require.NoError(tr.t, err)
	bin := tr.t.TempDir()
	// Without the names of folders, so that Go's cache has the packages that scripts/programs built.
	build := []string{"build", "-trimpath", "-buildvcs=false", "-o", bin + "/", "./cmd/ordersaga", "./services/" + name}
	command := command(tr.t, tr.folder, "go", build...)
	command.Env = append(command.Env, "CGO_ENABLED=0", "GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT=")
	said, err := command.CombinedOutput()
	require.NoError(tr.t, err, "go %s: %s", strings.Join(build, " "), said)
	listed, err := exec.CommandContext(tr.t.Context(), filepath.Join(bin, "ordersaga"), "programs", "--json").Output()
	require.NoError(tr.t, err)
	var programs []struct {
		Name string `json:"name"`
	}
	require.NoError(tr.t, json.Unmarshal(listed, &programs))
	for _, p := range programs {
		if p.Name != name {
			require.NoError(tr.t, os.Symlink(filepath.Join(built, p.Name), filepath.Join(bin, p.Name)))
		}
	}
	return bin
}
