package adapting

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTheRecipeOfASagaWorks follows docs/adapting.md on a copy: its files, the generated code, and
// the test that the page has for its saga.
func TestTheRecipeOfASagaWorks(t *testing.T) {
	files := recipe(t)
	require.NotEmpty(t, files)
	tree := copied(t)
	for name, content := range files {
		path := filepath.Join(tree.folder, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	}
	tree.must("buf", "lint")
	tree.must("buf", "breaking", "contracts/proto", "--against", "contracts/proto/released.binpb")
	tree.must("buf", "generate")
	tree.must("go", "vet", "./contracts/...", "./workflows/...")
	tree.must("go", "test", "./workflows/packgift")
	require.Empty(t, tree.must("gofumpt", "-l", "contracts/sagas", "workflows/packgift"), "formatted as the rest")
}

var recipeBlock = regexp.MustCompile("(?m)^ *<!-- recipe (\\S+) -->\n( *)```\\w+\n((?:.*\n)*?) *```$")

// recipe is the files of the page, by their path.
func recipe(t *testing.T) map[string]string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(root, "docs", "adapting.md"))
	require.NoError(t, err)
	files := map[string]string{}
	for _, found := range recipeBlock.FindAllStringSubmatch(string(page), -1) {
		var content strings.Builder
		for line := range strings.Lines(found[3]) {
			content.WriteString(strings.TrimPrefix(line, found[2]))
		}
		files[found[1]] = content.String()
	}
	return files
}
