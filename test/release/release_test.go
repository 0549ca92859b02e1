// Package release_test makes a release for the platform it runs on, as `make release` does for all,
// and uses it as somebody does who has downloaded it.
package release_test

import (
	"bufio"
	"bytes"
	"debug/elf"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/test/shop"
)

const root = "../.."

// programs that ship. devstack, the engines of one machine, does not.
var programs = []string{"catalog", "inventory", "orders", "ordersaga", "payments", "paysim", "worker"}

func TestARelease(t *testing.T) {
	dist := t.TempDir()
	platform := runtime.GOOS + "/" + runtime.GOARCH
	run(t, []string{"DIST=" + dist, "PLATFORMS=" + platform, "VERSION="}, filepath.Join(root, "scripts", "release"))
	bills, err := filepath.Glob(filepath.Join(dist, "ordersaga_*.cdx.json"))
	require.NoError(t, err)
	require.Len(t, bills, 1)
	name := strings.TrimSuffix(filepath.Base(bills[0]), ".cdx.json")
	suffix := "_" + strings.ReplaceAll(platform, "/", "_")
	require.True(t, strings.HasSuffix(name, suffix), "%s does not say its platform", name)
	version := strings.TrimSuffix(strings.TrimPrefix(name, "ordersaga_"), suffix)
	folder := filepath.Join(dist, name)

	t.Run("has checksums of all its files", func(t *testing.T) {
		check := exec.Command("shasum", "-a", "256", "-c", "checksums.txt")
		if path, err := exec.LookPath("sha256sum"); err == nil {
			check = exec.Command(path, "-c", "checksums.txt")
		}
		check.Dir = dist
		out, err := check.CombinedOutput()
		require.NoError(t, err, "%s", out)
		assert.ElementsMatch(t, []string{name + ".tar.gz: OK", name + ".cdx.json: OK"}, strings.Split(strings.TrimSpace(string(out)), "\n"))
	})

	t.Run("holds the programs and what goes with them", func(t *testing.T) {
		unpack := exec.Command("tar", "-xzf", name+".tar.gz")
		unpack.Dir = dist
		out, err := unpack.CombinedOutput()
		require.NoError(t, err, "%s", out)
		entries, err := os.ReadDir(folder)
		require.NoError(t, err)
		var files []string
		for _, entry := range entries {
			files = append(files, entry.Name())
		}
		assert.ElementsMatch(t, append([]string{"LICENSE", "README.md", "THIRD-PARTY-LICENSES.txt"}, programs...), files)
		notices, err := os.ReadFile(filepath.Join(folder, "THIRD-PARTY-LICENSES.txt"))
		require.NoError(t, err)
		assert.Contains(t, string(notices), "\ngo.temporal.io/sdk@"+required(t, "go.temporal.io/sdk"))
		assert.Contains(t, string(notices), "Copyright (c) 2020 Temporal Technologies Inc.")
	})

	t.Run("has static programs that know their version and commit", func(t *testing.T) {
		commit := "" // unknown to a tree without git, from which nothing is released
		for _, program := range programs {
			path := filepath.Join(folder, program)
			if runtime.GOOS == "linux" {
				static(t, path)
			}
			said := strings.TrimSpace(run(t, nil, path, "--version"))
			match := regexp.MustCompile(`^` + program + ` (\S+) \(([0-9a-f]{40})\)$`).FindStringSubmatch(said)
			require.NotNil(t, match, "%s --version says %q", program, said)
			assert.Equal(t, version, match[1], program)
			if commit == "" {
				commit = match[2]
			}
			assert.Equal(t, commit, match[2], program)
		}
	})

	t.Run("says what is in it", func(t *testing.T) {
		content, err := os.ReadFile(bills[0])
		require.NoError(t, err)
		var bill struct {
			BOMFormat string `json:"bomFormat"`
			Metadata  struct {
				Component struct{ Version string }
			}
			Components []struct{ Type, Name, Version, PURL string }
		}
		require.NoError(t, json.Unmarshal(content, &bill))
		assert.Equal(t, "CycloneDX", bill.BOMFormat)
		assert.Equal(t, version, bill.Metadata.Component.Version)
		listed := map[string]string{}
		for _, component := range bill.Components {
			listed[component.Type+" "+component.Name] = component.Version
		}
		for _, program := range programs {
			assert.Equal(t, version, listed["application "+program], program)
		}
		for _, module := range []string{"go.temporal.io/sdk", "google.golang.org/grpc", "github.com/jackc/pgx/v5"} {
			assert.Equal(t, required(t, module), listed["library "+module], module)
		}
		assert.Equal(t, strings.TrimPrefix(runtime.Version(), "go"), listed["library stdlib"])
	})

	t.Run("has programs that say what they miss", func(t *testing.T) {
		for program, variables := range map[string][]string{
			"catalog":   {"DATABASE_URL", "AMQP_URL", "MONGODB_URI", "OIDC_ISSUER"},
			"inventory": {"DATABASE_URL", "AMQP_URL", "OIDC_ISSUER"},
			"payments":  {"DATABASE_URL", "OIDC_ISSUER", "PAYMENT_PROVIDER_URL", "PAYMENT_PROVIDER_KEY"},
			"orders":    {"DATABASE_URL", "AMQP_URL", "MONGODB_URI", "OIDC_ISSUER"},
			"worker":    {"OIDC_ISSUER"},
			"paysim":    {"PAYSIM_API_KEY"},
		} {
			command := exec.CommandContext(t.Context(), filepath.Join(folder, program))
			command.Dir, command.Env = t.TempDir(), []string{"HOME=" + t.TempDir()}
			out, err := command.CombinedOutput()
			assert.Error(t, err, "%s starts without settings", program)
			for _, variable := range variables {
				assert.Regexp(t, `(?m)^.*\b`+variable+`\b`, string(out), program)
			}
		}
	})

	t.Run("takes an order", func(t *testing.T) {
		t.Setenv("ORDERSAGA_BIN", folder)
		s := shop.Open(t, shop.Options{})
		s.Sells("tea", 450, 10)
		placed := s.Customer("anna").Place("first", shop.Of("tea", 3, "card_approve"))
		require.Equal(t, http.StatusCreated, placed.Status, "%s", placed)
		assert.Equal(t, sagas.StatusConfirmed, placed.Field("status"))
		assert.EqualValues(t, 7, s.Stock("tea").Available)
	})
}

// A version that others will rely on is what its commit says, and nothing more.
func TestAVersionIsNotGivenToATreeWithChanges(t *testing.T) {
	tree := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(tree, "scripts"), 0o755))
	for _, script := range []string{"release", "version"} {
		content, err := os.ReadFile(filepath.Join(root, "scripts", script))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(tree, "scripts", script), content, 0o755))
	}
	release := func(settings ...string) string {
		// No platform that there is: it shall end before it builds.
		command := exec.Command(filepath.Join(tree, "scripts", "release"))
		command.Env = append(append(os.Environ(), "DIST="+t.TempDir(), "PLATFORMS=plan9/386", "VERSION="), settings...)
		out, err := command.CombinedOutput()
		require.Error(t, err)
		return string(out)
	}
	assert.Contains(t, release("VERSION=v1.0.0"), "this is no git checkout")

	git := func(arguments ...string) {
		run(t, nil, "git", append([]string{"-C", tree, "-c", "user.name=test", "-c", "user.email=test@example.com"}, arguments...)...)
	}
	git("init", "--quiet")
	git("add", ".")
	git("commit", "--quiet", "--message", "first")
	git("tag", "v0.9.0")
	assert.Contains(t, release("VERSION=v1.0.0"), "plan9/386 is none of", "a clean tree gets the version that is asked for")
	assert.Contains(t, release("VERSION=v1.0.0 beta"), "letters, digits, dots")

	require.NoError(t, os.WriteFile(filepath.Join(tree, "new.go"), []byte("package new\n"), 0o600))
	assert.Contains(t, release("VERSION=v1.0.0"), "git status shows changes")
	assert.Contains(t, release(), "v0.9.0-dirty, for trying, not for others")
}

// A tag's name may hold what a shell or make would act on.
func TestAVersionIsNothingThatIsRun(t *testing.T) {
	ran := filepath.Join(t.TempDir(), "ran")
	for _, version := range []string{"$(shell touch " + ran + ")", "v1.0.0;touch " + ran, "v1.0.0`touch " + ran + "`", "$$(touch " + ran + ")"} {
		command := exec.Command("make", "-C", root, "release", "VERSION="+version)
		command.Env = append(os.Environ(), "DIST="+t.TempDir(), "PLATFORMS=plan9/386")
		out, err := command.CombinedOutput()
		require.Error(t, err)
		assert.Contains(t, string(out), "letters, digits, dots", "%s", version)
		assert.NoFileExists(t, ran, "%s", version)
	}
}

// run runs a program to its good end and gives what it prints.
func run(t *testing.T, settings []string, path string, arguments ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), path, arguments...)
	command.Env = append(os.Environ(), settings...)
	out, err := command.CombinedOutput()
	require.NoError(t, err, "%s %s\n%s", path, arguments, out)
	return string(out)
}

// static programs ask for no loader and no library.
func static(t *testing.T, path string) {
	t.Helper()
	file, err := elf.Open(path)
	require.NoError(t, err)
	defer file.Close()
	for _, segment := range file.Progs {
		assert.NotEqual(t, elf.PT_INTERP, segment.Type, "%s asks for a loader", path)
	}
	libraries, err := file.ImportedLibraries()
	assert.NoError(t, err)
	assert.Empty(t, libraries, path)
}

// required is the version of a module in go.mod.
func required(t *testing.T, module string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	for lines := bufio.NewScanner(bytes.NewReader(content)); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) >= 2 && fields[0] == module {
			return fields[1]
		}
	}
	t.Fatalf("go.mod does not require %s", module)
	return ""
}
