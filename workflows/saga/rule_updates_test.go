package saga_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The server was seen to lose an update when a signal came in the task that closed the run, and to
// start a workflow although its update's validator had refused. The one validator is that of
// updates which the running saga does not serve: register has it.
func TestWhatComesFromOutsideIsAnUpdateWithoutAValidator(t *testing.T) {
	forbidden := map[string]string{
		"GetSignalChannel":            "a signal in the closing task fails it and loses the update",
		"GetSignalChannelWithOptions": "a signal in the closing task fails it and loses the update",
		"SetUpdateHandlerWithOptions": "a rejected validator still starts the workflow: check before, or decide in the first step",
	}
	sources := 0
	require.NoError(t, filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if filepath.Base(path) == "updates.go" && filepath.Base(filepath.Dir(path)) == "saga" {
			return err
		}
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		sources++
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		ast.Inspect(file, func(node ast.Node) bool {
			if called, ok := node.(*ast.SelectorExpr); ok {
				why, wrong := forbidden[called.Sel.Name]
				assert.False(t, wrong, "%s: %s: %s", files.Position(called.Pos()), called.Sel.Name, why)
			}
			return true
		})
		return err
	}))
	assert.Greater(t, sources, 5, "the sagas are read")
}
