package layering

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sliceFiles are the names of a slice's files, besides its tests.
var sliceFiles = []string{"handler.go", "rest.go", "grpc.go", "consumer.go"}

// furtherSliceFiles are the files of single slices that have a name of their own.
var furtherSliceFiles = []string{
	"services/inventory/internal/commands/expireholds/sweeper.go",   // runs on a timer
	"services/orders/internal/commands/placeorder/command.go",       // validates a long request
	"services/orders/internal/queries/auditreadmodel/difference.go", // compares two documents
	"services/orders/internal/queries/gettimeline/entry.go",         // the text of every event
}

// All slices look alike (CONTRIBUTING.md, "Add a slice").
func TestSlicesHaveTheSameFilesAndAConstructor(t *testing.T) {
	var folders []string
	for _, kind := range []string{"commands", "queries"} {
		found, err := filepath.Glob(filepath.Join(root, "services", "*", "internal", kind, "*"))
		require.NoError(t, err)
		folders = append(folders, found...)
	}
	require.NotEmpty(t, folders)
	for _, folder := range folders {
		files, err := filepath.Glob(filepath.Join(folder, "*"))
		require.NoError(t, err)
		for _, file := range files {
			path := strings.TrimPrefix(file, root+"/")
			assert.True(t, isSliceFile(path), "%s: a slice has only %v and tests", path, sliceFiles)
		}
		assert.True(t, declaresNew(t, filepath.Join(folder, "handler.go")), "%s/handler.go declares no func New", folder)
	}
	for _, path := range furtherSliceFiles {
		assert.FileExists(t, filepath.Join(root, path), "listed as an exception")
	}
}

func TestOtherNamesOfSliceFilesAreRefused(t *testing.T) {
	const folder = "services/orders/internal/queries/getorder/"
	for _, name := range []string{"route.go", "method.go", "entry.go", "testdata"} {
		assert.False(t, isSliceFile(folder+name), name)
	}
	assert.True(t, isSliceFile(folder+"getorder_test.go"))
}

func isSliceFile(path string) bool {
	return slices.Contains(sliceFiles, filepath.Base(path)) || strings.HasSuffix(path, "_test.go") ||
		slices.Contains(furtherSliceFiles, path)
}

// declaresNew says whether the file has a function New, not a method.
func declaresNew(t *testing.T, file string) bool {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	return slices.ContainsFunc(parsed.Decls, func(decl ast.Decl) bool {
		function, ok := decl.(*ast.FuncDecl)
		return ok && function.Recv == nil && function.Name.Name == "New"
	})
}
