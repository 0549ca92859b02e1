package deploy_test

import (
	"bytes"
	"debug/elf"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// dockerfile as Docker reads it.
func dockerfile(t testing.TB) []instructions.Stage {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	require.NoError(t, err)
	parsed, err := parser.Parse(bytes.NewReader(content))
	require.NoError(t, err)
	assert.Empty(t, parsed.Warnings)
	stages, _, err := instructions.Parse(parsed.AST, nil)
	require.NoError(t, err)
	return stages
}

func stage(t testing.TB, stages []instructions.Stage, name string) instructions.Stage {
	t.Helper()
	i := slices.IndexFunc(stages, func(s instructions.Stage) bool { return s.Name == name })
	require.GreaterOrEqual(t, i, 0, "there is no target %s", name)
	return stages[i]
}

// inherited are all commands of a stage and of those it is made from.
func inherited(stages []instructions.Stage, last instructions.Stage) []instructions.Command {
	commands := last.Commands
	for _, s := range stages {
		if s.Name == last.BaseName {
			return append(inherited(stages, s), commands...)
		}
	}
	return commands
}

func TestEachProgramHasAnImageThatIsNotRoot(t *testing.T) {
	stages := dockerfile(t)
	settings := allSettings(t)
	assert.Equal(t, "ordersaga", stages[len(stages)-1].Name, "what is built when nothing is asked for")
	for program, binary := range map[string]string{"ordersaga": "ordersaga", "program": "$PROGRAM"} {
		t.Run(program, func(t *testing.T) {
			var user string
			var entrypoint, copied, probe []string
			env, labels := map[string]string{}, map[string]string{}
			for _, command := range inherited(stages, stage(t, stages, program)) {
				switch c := command.(type) {
				case *instructions.UserCommand:
					user = c.User
				case *instructions.EntrypointCommand:
					assert.False(t, c.PrependShell, "there is no shell")
					entrypoint = c.CmdLine
				case *instructions.HealthCheckCommand:
					probe = c.Health.Test
				case *instructions.CopyCommand:
					assert.Equal(t, "build", c.From)
					copied = append(copied, c.SourcePaths...)
				case *instructions.EnvCommand:
					for _, pair := range c.Env {
						env[pair.Key] = pair.Value
					}
				case *instructions.LabelCommand:
					for _, pair := range c.Labels {
						labels[pair.Key] = pair.Value
					}
				}
			}
			assert.Equal(t, "65532:65532", user)
			assert.Equal(t, []string{"/" + program}, entrypoint)
			assert.Contains(t, copied, "/out/"+binary)
			assert.Contains(t, copied, "/rootfs")
			for _, label := range []string{"title", "description", "source", "licenses", "version", "revision"} {
				assert.NotEmpty(t, labels["org.opencontainers.image."+label], label)
			}
			if program == "ordersaga" {
				return
			}
			assert.Equal(t, "0.0.0.0", env["HOST"])
			assert.Empty(t, env["ADMIN_HOST"], "who runs the image decides who may ask for metrics")
			assert.Equal(t, []string{"CMD", "/program", "--ready"}, probe)
			for name := range env {
				known := slices.ContainsFunc(programs, func(p string) bool { _, known := settings.find(p, name); return known })
				assert.True(t, known || name == "ZONEINFO", "%s is no setting of a program", name)
			}
		})
	}
}

func TestImagesAreBuiltFromPinnedSourcesOnly(t *testing.T) {
	// The release of Go that the modules which name one are built with.
	module, err := os.ReadFile("go.mod")
	require.NoError(t, err)
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+\.\d+)$`).FindStringSubmatch(string(module))[1]
	stages := dockerfile(t)
	for _, s := range stages {
		named := slices.ContainsFunc(stages, func(other instructions.Stage) bool { return other.Name == s.BaseName })
		assert.True(t, named || s.BaseName == "scratch" || strings.HasPrefix(s.BaseName, "golang:"+version+"-"),
			"%s is made from %s", s.Name, s.BaseName)
		for _, command := range s.Commands {
			_, adds := command.(*instructions.AddCommand)
			assert.False(t, adds, "%s: ADD fetches and unpacks; COPY does not", s.Name)
		}
	}
}

// keeps tells whether .dockerignore lets a path into the build, by the rules the file uses: * keeps
// all out, !name lets a name of the top back in, **/pattern keeps out wherever it is.
func keeps(t testing.TB, path string) bool {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, ".dockerignore"))
	require.NoError(t, err)
	kept := true
	for line := range strings.SplitSeq(string(content), "\n") {
		top, _, _ := strings.Cut(path, "/")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case line == "*":
			kept = false
		case strings.HasPrefix(line, "!"):
			require.NotContains(t, line, "*")
			kept = kept || line[1:] == top
		case strings.HasPrefix(line, "**/"):
			for part := range strings.SplitSeq(path, "/") {
				matched, err := filepath.Match(line[3:], part)
				require.NoError(t, err)
				kept = kept && !matched
			}
		default:
			t.Fatalf(".dockerignore: this test does not know what %q means", line)
		}
	}
	return kept
}

// buildContext copies what git has and .dockerignore lets through to a new folder: what Docker
// sends to a build, no more.
func buildContext(t testing.TB) string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = root
	out, err := list.Output()
	require.NoError(t, err, "git ls-files")
	to := t.TempDir()
	for path := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		if !keeps(t, path) {
			continue
		}
		content, err := os.ReadFile(filepath.Join(root, path))
		if os.IsNotExist(err) {
			continue // deleted and not yet committed
		}
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(filepath.Join(to, filepath.Dir(path)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(to, path), content, 0o600))
	}
	return to
}

func TestWhatIsCopiedFromTheContextIsThere(t *testing.T) {
	context := buildContext(t)
	for _, s := range dockerfile(t) {
		for _, command := range s.Commands {
			copy, is := command.(*instructions.CopyCommand)
			if !is || copy.From != "" {
				continue
			}
			for _, path := range copy.SourcePaths {
				_, err := os.Stat(filepath.Join(context, path))
				assert.NoError(t, err, "COPY %s: not there, or kept out by .dockerignore", path)
			}
		}
	}
	require.NoError(t, filepath.WalkDir(context, func(path string, entry fs.DirEntry, err error) error {
		assert.False(t, strings.HasSuffix(path, "_test.go") || entry.Name() == ".git" || entry.Name() == ".env", "%s is of no use in an image", path)
		return err
	}))
}

// build runs the build stage's own RUN line by sh in a context, as Docker would, with out in the
// place of /out.
func build(t testing.TB, context, out, version, commit string, replace ...string) {
	t.Helper()
	stages := dockerfile(t)
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "GOCACHE=" + goEnv(t, "GOCACHE"), "GOMODCACHE=" + goEnv(t, "GOMODCACHE"),
		"TARGETOS=linux", "TARGETARCH=" + runtime.GOARCH, "VERSION=" + version, "COMMIT=" + commit,
	}
	line := ""
	for _, command := range stage(t, stages, "build").Commands {
		switch c := command.(type) {
		case *instructions.EnvCommand:
			for _, pair := range c.Env {
				require.NotContains(t, pair.Value, "$", "this test fills in nothing")
				env = append(env, pair.Key+"="+pair.Value)
			}
		case *instructions.RunCommand:
			if joined := strings.Join(c.CmdLine, " "); strings.Contains(joined, "go build") {
				line = joined
			}
		}
	}
	require.NotEmpty(t, line, "the RUN that builds")
	line = strings.NewReplacer(append([]string{"/out/", out + "/"}, replace...)...).Replace(line)
	command := exec.CommandContext(t.Context(), "/bin/sh", "-c", line)
	command.Dir, command.Env = context, env
	said, err := command.CombinedOutput()
	require.NoError(t, err, "%s\n%s", line, said)
}

func goEnv(t testing.TB, name string) string {
	t.Helper()
	value, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(value))
}

func TestTheBuildLineOfTheDockerfileBuildsStaticProgramsThatKnowTheirVersion(t *testing.T) {
	out := t.TempDir()
	build(t, buildContext(t), out, "v1.2.3", "0123abc")
	for _, program := range append([]string{"ordersaga"}, programs...) {
		path := filepath.Join(out, program)
		file, err := elf.Open(path)
		require.NoError(t, err, program)
		for _, segment := range file.Progs {
			assert.NotEqual(t, elf.PT_INTERP, segment.Type, "%s wants a dynamic loader, and the image has none", program)
		}
		assert.Nil(t, file.Section(".debug_info"), "%s carries what only a debugger reads", program)
		file.Close()
		if runtime.GOOS != "linux" {
			continue // it was built for the image
		}
		said, err := run(t, nil, nil, path, "--version")
		require.NoError(t, err)
		assert.Contains(t, said, "v1.2.3 (0123abc)", program)
	}
}

func TestTheSameSourcesGiveTheSameBytesAnywhere(t *testing.T) {
	context := buildContext(t)
	elsewhere := filepath.Join(t.TempDir(), "another", "place")
	require.NoError(t, os.CopyFS(elsewhere, os.DirFS(context)))
	// One program is enough to see a path or a time that got in.
	const all = "./cmd/... ./services/... ./worker"
	var built [2][]byte
	for i, place := range []string{context, elsewhere} {
		out := t.TempDir()
		build(t, place, out, "v1.2.3", "0123abc", all, "./cmd/paysim")
		var err error
		built[i], err = os.ReadFile(filepath.Join(out, "paysim"))
		require.NoError(t, err)
	}
	assert.True(t, bytes.Equal(built[0], built[1]), "two places gave two programs")
	assert.False(t, bytes.Contains(built[0], []byte(context)), "the program names the folder it was built in")
}
