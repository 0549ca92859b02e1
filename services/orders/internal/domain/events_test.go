package domain

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEveryFactHasAType(t *testing.T) {
	var written []string
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		for _, declared := range file.Decls {
			if method, ok := declared.(*ast.FuncDecl); ok && method.Recv != nil && method.Name.Name == "applyTo" {
				written = append(written, method.Recv.List[0].Type.(*ast.Ident).Name)
			}
		}
	}
	var known []string
	for _, fact := range facts {
		known = append(known, reflect.TypeOf(fact).Name())
	}
	require.NotEmpty(t, written)
	require.ElementsMatch(t, written, known, "a fact that is not among them is stored without a type")
}
