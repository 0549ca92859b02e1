package docs

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestGoFilesOfThePagesCompile lays a page's files over the repository, without writing to it, and
// compiles their packages, and the tests among them.
func TestGoFilesOfThePagesCompile(t *testing.T) {
	module, err := filepath.Abs(root)
	require.NoError(t, err)
	for _, p := range pages(t) {
		overlay := struct{ Replace map[string]string }{map[string]string{}}
		packages, tests := map[string]bool{}, map[string]bool{}
		dir := t.TempDir()
		for _, b := range p.blocks {
			if b.kind != "go" {
				continue
			}
			file := filepath.Join(dir, fmt.Sprint(b.line, ".go"))
			require.NoError(t, os.WriteFile(file, []byte(b.content), 0o600))
			overlay.Replace[filepath.Join(module, b.of)] = file
			if strings.HasSuffix(b.of, "_test.go") {
				tests["./"+path.Dir(b.of)] = true
			} else {
				packages["./"+path.Dir(b.of)] = true
			}
		}
		content, err := json.Marshal(overlay)
		require.NoError(t, err)
		file := filepath.Join(dir, "overlay.json")
		require.NoError(t, os.WriteFile(file, content, 0o600))
		// Not vet: it enters the folders, which may not be there.
		compile := func(packages map[string]bool, arguments ...string) {
			if len(packages) == 0 {
				return
			}
			command := exec.Command("go", slices.AppendSeq(append(arguments, "-overlay", file, "-o", os.DevNull), maps.Keys(packages))...)
			command.Dir = module
			command.Env = append(os.Environ(), "GOWORK=off")
			said, err := command.CombinedOutput()
			assert.NoError(t, err, "%s: its Go files do not compile:\n%s", p.name, said)
		}
		compile(packages, "build")
		compile(tests, "test", "-c", "-vet=off")
	}
}

func TestExcerptsAreOfTheFilesTheySay(t *testing.T) {
	for _, p := range pages(t) {
		for _, b := range p.blocks {
			if b.kind != "excerpt" {
				continue
			}
			content, err := os.ReadFile(filepath.Join(root, b.of))
			if assert.NoError(t, err, p.at(b.line)) {
				assert.Empty(t, missing(b.content, string(content)), "%s: %s has not, or not there:", p.at(b.line), b.of)
			}
		}
	}
}
