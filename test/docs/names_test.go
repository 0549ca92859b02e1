package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	quoted   = regexp.MustCompile("`([^`]+)`")
	link     = regexp.MustCompile(`\]\(([^)#\s]+)[^)]*\)`)
	examples = regexp.MustCompile(`^<!-- example paths: (.*) -->$`)
	goFile   = regexp.MustCompile(`^([\w./-]+\.go)(?:: (.+))?$`)
	filePath = regexp.MustCompile(`^[\w.-]+(?:/[\w.*-]+)+/?$`)
	testName = regexp.MustCompile(`^Test[A-Z]\w*$`)
)

// TestEveryNameIsTrue looks up the files, identifiers, tests and link targets that the pages name.
func TestEveryNameIsTrue(t *testing.T) {
	h := readHouse(t)
	for _, p := range pages(t) {
		made := p.examples()
		for _, l := range p.text {
			for _, target := range link.FindAllStringSubmatch(l.text, -1) {
				if !strings.Contains(target[1], "://") && !h.exists(path.Join(path.Dir(p.name), target[1])) {
					t.Errorf("%s: the link's target %s does not exist", p.at(l.number), target[1])
				}
			}
			for _, name := range quoted.FindAllStringSubmatch(l.text, -1) {
				if wrong := h.wrong(t, name[1], made); wrong != "" {
					t.Errorf("%s: `%s`: %s", p.at(l.number), name[1], wrong)
				}
			}
		}
	}
}

// examples are the paths that only the page's example would make.
func (p page) examples() map[string]bool {
	made := map[string]bool{}
	for _, b := range p.blocks {
		if b.kind == "go" || b.kind == "recipe" {
			made[b.of] = true
			made[path.Dir(b.of)] = true
		}
	}
	for _, l := range p.text {
		if listed := examples.FindStringSubmatch(l.text); listed != nil {
			for _, name := range strings.Fields(listed[1]) {
				made[strings.TrimSuffix(name, "/")] = true
			}
		}
	}
	return made
}

// house is the repository.
type house struct {
	top   map[string]bool
	tests map[string]bool
	// declared names of a file, read when it is first named.
	declared map[string]map[string]bool
}

func readHouse(t *testing.T) *house {
	t.Helper()
	h := &house{top: map[string]bool{}, tests: map[string]bool{}, declared: map[string]map[string]bool{}}
	entries, err := os.ReadDir(root)
	require.NoError(t, err)
	for _, entry := range entries {
		h.top[entry.Name()] = entry.IsDir()
	}
	declaration := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	require.NoError(t, filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() && (entry.Name() == ".ordersaga" || entry.Name() == ".git") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(file, "_test.go") {
			return nil
		}
		content, err := os.ReadFile(file)
		for _, found := range declaration.FindAllStringSubmatch(string(content), -1) {
			h.tests[found[1]] = true
		}
		return err
	}))
	return h
}

func (h *house) exists(name string) bool {
	found, err := filepath.Glob(filepath.Join(root, name))
	return err == nil && len(found) > 0
}

// wrong says what is not true of a quoted name, or nothing.
func (h *house) wrong(t *testing.T, name string, made map[string]bool) string {
	t.Helper()
	if made[strings.TrimSuffix(name, "/")] {
		return ""
	}
	if file := goFile.FindStringSubmatch(name); file != nil {
		switch {
		case !strings.Contains(file[1], "/"):
			return "a Go file is named with its folder"
		case !h.exists(file[1]):
			return "no such file"
		case file[2] == "":
			return ""
		}
		for identifier := range strings.SplitSeq(file[2], ", ") {
			if !h.declares(t, file[1], identifier) {
				return identifier + " is not declared there"
			}
		}
		return ""
	}
	first, _, _ := strings.Cut(name, "/")
	switch {
	case filePath.MatchString(name) && h.top[first] && first != ".ordersaga" && !h.exists(name):
		return "no such path"
	case testName.MatchString(name) && !h.tests[name]:
		return "no such test"
	}
	return ""
}

// declares tells whether a Go file declares a name, at its top or as a field or method: Name or
// Type.Method.
func (h *house) declares(t *testing.T, file, name string) bool {
	t.Helper()
	if h.declared[file] == nil {
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, file), nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		names := map[string]bool{}
		ast.Inspect(parsed, func(node ast.Node) bool {
			switch declared := node.(type) {
			case *ast.FuncDecl:
				names[declared.Name.Name] = true
				if declared.Recv != nil {
					names[receiver(declared.Recv.List[0].Type)+"."+declared.Name.Name] = true
				}
				return false
			case *ast.TypeSpec:
				names[declared.Name.Name] = true
			case *ast.ValueSpec:
				for _, value := range declared.Names {
					names[value.Name] = true
				}
			case *ast.Field:
				for _, field := range declared.Names {
					names[field.Name] = true
				}
			}
			return true
		})
		h.declared[file] = names
	}
	return h.declared[file][name]
}

// receiver is the name of a method's type.
func receiver(of ast.Expr) string {
	switch of := of.(type) {
	case *ast.StarExpr:
		return receiver(of.X)
	case *ast.IndexExpr:
		return receiver(of.X)
	case *ast.IndexListExpr:
		return receiver(of.X)
	case *ast.Ident:
		return of.Name
	default:
		return ""
	}
}
