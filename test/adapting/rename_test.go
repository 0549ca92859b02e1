// Package adapting tries what docs/adapting.md promises and a script can do.
package adapting

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	root = "../.."
	// A build of all our packages under another path, while other tests run.
	patience = 20 * time.Minute

	module, name, domain = "git.acme.example/shop/orders", "acmeshop", "acme.example"
)

func TestATreeThatIsRenamedBuildsAndHasNothingOfTheOldName(t *testing.T) {
	tree := copied(t)
	tree.refuses("without a module path")
	tree.refuses("what is no module path", "acmeshop")
	tree.refuses("a name without a domain", module, name)
	tree.refuses("a name that proto packages cannot have", module, "my-shop", domain)
	tree.refuses("a name that another program has", module, "worker", domain)
	tree.refuses("what is no domain", module, name, "shop")
	data := filepath.Join(tree.folder, ".ordersaga", "devstack")
	require.NoError(t, os.Mkdir(data, 0o755))
	tree.refuses("while there is data under the old name", module, name, domain)
	require.NoError(t, os.Remove(data))
	unsaved := filepath.Join(tree.folder, "notes.txt")
	require.NoError(t, os.WriteFile(unsaved, []byte("not committed"), 0o600))
	tree.refuses("while something is not committed", module, name, domain)
	require.NoError(t, os.Remove(unsaved))

	// The module path alone, which may well end in the old name.
	tree.must("scripts/rename", module+"/ordersaga")
	assert.Equal(t, module+"/ordersaga", strings.TrimSpace(tree.must("go", "list", "-m")))
	assert.DirExists(t, filepath.Join(tree.folder, "cmd", "ordersaga"))
	tree.commit()

	tree.must("scripts/rename", module, name, domain)
	tree.hasNothingOf("ordersaga")
	tree.commit()
	tree.must("buf", "generate")
	require.Empty(t, tree.must("git", "status", "--porcelain"), "the generated code is what the contracts say")
	tree.must("go", "build", "./...")
	tree.must("go", "vet", "./...")
	tree.must("go", "-C", "devstack", "build", "./...")
	tree.must("go", "-C", "examples/onlineretail", "build", "./...")
	tree.must("go", "test", "./test/layering")
	tree.must("buf", "lint")
	tree.must("buf", "breaking", "contracts/proto", "--against", "contracts/proto/released.binpb")
	assert.Empty(t, tree.must("gofumpt", "-l", "platform", "services", "cmd", "test"), "the names of another length are aligned")

	// Whoever takes it over from there can do the same.
	tree.must("scripts/rename", "go.tea.example/leaf", "tealeaf", "tea.example")
	tree.hasNothingOf(name)
	tree.hasNothingOf(domain)
}

// tree is a copy of the repository that can be spoiled.
type tree struct {
	t      *testing.T
	folder string
}

// copied copies what is in the repository, as it is in the working tree. Its place is always the
// same, so that Go's build cache knows the packages of the last time.
func copied(t *testing.T) tree {
	t.Helper()
	place, err := filepath.Abs(filepath.Join(root, ".ordersaga", "renamed"))
	require.NoError(t, err)
	require.NoError(t, os.RemoveAll(place))
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(place)) })
	listed, err := command(t, root, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	require.NoError(t, err, "git ls-files")
	for file := range strings.SplitSeq(strings.Trim(string(listed), "\x00"), "\x00") {
		content, err := os.ReadFile(filepath.Join(root, file))
		if os.IsNotExist(err) {
			continue // removed, and not committed
		}
		require.NoError(t, err)
		info, err := os.Stat(filepath.Join(root, file))
		require.NoError(t, err)
		to := filepath.Join(place, file)
		require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o755))
		require.NoError(t, os.WriteFile(to, content, info.Mode().Perm()))
	}
	// The tools are the repository's: to build them takes minutes. A copy, because the script notes
	// beside them what they were built of.
	tools, err := filepath.Abs(filepath.Join(root, ".ordersaga", "tools"))
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(tools, "buf"), "make lint builds it")
	require.NoError(t, os.Mkdir(filepath.Join(place, ".ordersaga"), 0o755))
	require.NoError(t, os.CopyFS(filepath.Join(place, ".ordersaga", "tools"), os.DirFS(tools)))
	copy := tree{t, place}
	copy.must("git", "init", "--quiet")
	copy.commit()
	return copy
}

func (tr tree) commit() {
	tr.t.Helper()
	tr.must("git", "add", "--all")
	tr.must("git", "-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "--quiet", "--message", "as it is")
}

// hasNothingOf looks for an old name in all that the tree consists of.
func (tr tree) hasNothingOf(old string) {
	tr.t.Helper()
	for _, file := range tr.files() {
		if file == "CHANGELOG.md" {
			continue // it tells of the time under the old name
		}
		assert.NotContains(tr.t, strings.ToLower(file), old, "a path")
		content, err := os.ReadFile(filepath.Join(tr.folder, file))
		require.NoError(tr.t, err)
		at := bytes.Index(bytes.ToLower(content), []byte(old))
		assert.Negative(tr.t, at, "%s still has %q at byte %d", file, old, at)
	}
	if tr.t.Failed() {
		tr.t.FailNow() // before minutes of compiling
	}
}

// must runs a program in the tree and returns what it printed.
func (tr tree) must(program string, arguments ...string) string {
	tr.t.Helper()
	out, err := command(tr.t, tr.folder, program, arguments...).CombinedOutput()
	require.NoError(tr.t, err, "%s %s: %s", program, strings.Join(arguments, " "), out)
	return string(out)
}

// refuses calls the script with what it must refuse, and looks whether it has changed anything all
// the same.
func (tr tree) refuses(what string, arguments ...string) {
	tr.t.Helper()
	before := tr.must("git", "status", "--porcelain")
	out, err := command(tr.t, tr.folder, "scripts/rename", arguments...).CombinedOutput()
	assert.Error(tr.t, err, "it takes %s", what)
	assert.Contains(tr.t, string(out), "rename: ", "it says nothing of %s", what)
	assert.Equal(tr.t, before, tr.must("git", "status", "--porcelain"), "it changed the tree %s", what)
}

// tools are in a folder of the name that the tree has by now.
func (tr tree) tools() string {
	found, err := filepath.Glob(filepath.Join(tr.folder, ".*", "tools"))
	require.NoError(tr.t, err)
	require.Len(tr.t, found, 1)
	return found[0]
}

// files of the tree, without git's own and the tools.
func (tr tree) files() (files []string) {
	tr.t.Helper()
	tools := tr.tools()
	require.NoError(tr.t, filepath.WalkDir(tr.folder, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == ".git" || path == tools):
			return filepath.SkipDir
		case entry.Type().IsRegular():
			relative, err := filepath.Rel(tr.folder, path)
			files = append(files, relative)
			return err
		}
		return nil
	}))
	require.NotEmpty(tr.t, files)
	return files
}

func command(t *testing.T, folder, program string, arguments ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	if strings.HasPrefix(program, "scripts/") {
		program = filepath.Join(folder, program)
	}
	cmd := exec.CommandContext(ctx, program, arguments...)
	cmd.Dir = folder
	tools, err := filepath.Abs(filepath.Join(root, ".ordersaga", "tools"))
	require.NoError(t, err)
	cmd.Env = append(os.Environ(), "GOWORK=off", "PATH="+tools+":"+os.Getenv("PATH"))
	// buf and gofumpt are of the tools: they are looked for in the PATH above.
	if own := filepath.Join(tools, program); cmd.Err != nil {
		cmd.Path, cmd.Err = own, nil
	}
	return cmd
}
