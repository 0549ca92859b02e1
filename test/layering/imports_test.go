package layering

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const root = "../.."

// pkg is what `go list -json` says of a package.
type pkg struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

func TestWhoMayKnowWhom(t *testing.T) {
	packages := list(t, root)
	require.NotEmpty(t, packages)
	for _, p := range packages {
		for _, imported := range p.all() {
			if !ours(imported) && !slices.Contains(p.Imports, imported) {
				continue // a test may use any library
			}
			if why := ForbiddenImport(p.ImportPath, imported); why != "" {
				t.Errorf("%s imports %s: %s", p.ImportPath, imported, why)
			}
		}
	}
}

func ours(path string) bool { return strings.HasPrefix(path, module+"/") }

func TestTheEnginesKnowNothingOfOurs(t *testing.T) {
	for _, p := range list(t, filepath.Join(root, "devstack")) {
		for _, imported := range p.all() {
			if ours(imported) && !strings.HasPrefix(imported, module+"/devstack/") {
				t.Errorf("%s imports %s: devstack knows nothing of ours", p.ImportPath, imported)
			}
		}
	}
}

// An example shows what an outsider can do, who has the REST interface and nothing else.
func TestExamplesKnowOnlyThePublicInterface(t *testing.T) {
	modules, err := filepath.Glob(filepath.Join(root, "examples", "*", "go.mod"))
	require.NoError(t, err)
	for _, file := range modules {
		folder := filepath.Dir(file)
		for _, p := range list(t, folder) {
			for _, imported := range p.all() {
				if ours(imported) && !strings.HasPrefix(imported, module+"/examples/") {
					t.Errorf("%s imports %s: an example knows only the public interface", p.ImportPath, imported)
				}
			}
		}
	}
}

func TestEachRuleRefusesItsViolation(t *testing.T) {
	for _, planted := range []struct{ from, to, why string }{
		{"services/orders", "services/catalog/internal/store", "services may know only"},
		{"services/orders/internal/commands/placeorder", "services/payments/migrations", "services may know only"},
		{"services/orders/internal/commands/placeorder", "services/orders/internal/commands/cancel", "slices do not import slices"},
		{"services/orders/internal/queries/getorder", "services/orders/internal/commands/placeorder", "slices do not import slices"},
		{"services/orders/internal/commands/placeorder_test", "services/orders/internal/queries/getorder", "slices do not import slices"},
		{"services/orders", "workflows/placeorder", "services may know only"},
		{"services/orders", "activities/orders", "services may know only"},
		{"services/orders", "cmd/ordersaga/internal/ports", "services may know only"},
		{"services/orders", "test/layering", "services may know only"},
		{"workflows/placeorder", "services/orders/internal/domain", "workflows may know only"},
		{"workflows/placeorder", "activities/orders", "workflows may know only"},
		{"workflows/placeorder", "platform/postgres", "workflows may know only"},
		{"activities/orders", "services/orders/internal/domain", "activities may know only"},
		{"activities/orders", "workflows/placeorder", "activities may know only"},
		{"worker", "services/orders/internal/domain", "worker may know only"},
		{"contracts/sagas", "platform/postgres", "contracts may know only"},
		{"contracts/sagas", "workflows/saga", "contracts may know only"},
		{"platform/postgres", "contracts/sagas", "platform may know only"},
		{"platform/rest", "services/orders/internal/view", "platform may know only"},
		{"cmd/ordersaga", "services/orders/internal/domain", "cmd may know only"},
		{"cmd/ordersaga", "workflows/placeorder", "cmd may know only"},
		{"cmd/ordersaga", "cmd/paysim", "cmd may know only"},
		{"cmd/ordersaga/internal/dev", "devstack/internal/config", "nobody imports devstack"},
		{"services/orders", "devstack", "nobody imports devstack"},
		{"client", "platform/rest", "client may know only"},
		{"client", "services/orders/internal/view", "client may know only"},
		{"services/orders", "client", "services may know only"},
		{"newfolder", "platform/postgres", "has no rule yet"},
	} {
		assert.Contains(t, ForbiddenImport(module+"/"+planted.from, module+"/"+planted.to), planted.why,
			"%s must not import %s", planted.from, planted.to)
	}
	for _, planted := range []struct{ from, to, why string }{
		{"services/orders", "github.com/danielgtaylor/huma/v2/adapters/humaecho", "only platform/rest"},
		{"platform/rest/inner", "github.com/danielgtaylor/huma/v2/adapters/humaecho", "only platform/rest"},
		{"workflows/placeorder", "database/sql", "deterministic"},
		{"workflows/placeorder", "net/http", "deterministic"},
		{"workflows/saga", "github.com/rabbitmq/amqp091-go", "deterministic"},
		{"workflows/saga", "go.mongodb.org/mongo-driver/v2/mongo", "deterministic"},
		{"workflows/saga", "google.golang.org/grpc/codes", "deterministic"},
		{"services/orders/internal/domain", "gorm.io/gorm", "pure"},
		{"services/payments/internal/domain/journal", "net/http", "pure"},
	} {
		assert.Contains(t, ForbiddenImport(module+"/"+planted.from, planted.to), planted.why,
			"%s must not import %s", planted.from, planted.to)
	}
}

func TestTheRulesLetThroughWhatIsMeantToBe(t *testing.T) {
	for _, fine := range []struct{ from, to string }{
		{"services/orders/internal/commands/placeorder", "services/orders/internal/domain"},
		{"services/orders/internal/commands/placeorder", "services/orders/internal/commands/placeorder/inner"},
		{"services/orders/internal", "services/orders/internal/commands/placeorder"},
		{"services/orders", "contracts/events"},
		{"services/orders", "platform/rest"},
		{"workflows/placeorder", "workflows/saga"},
		{"workflows/placeorder", "platform/refusal"},
		{"contracts/sagas", "platform/refusal"},
		{"worker", "workflows/placeorder"},
		{"cmd/ordersaga", "cmd/ordersaga/internal/dev"},
		{"cmd/ordersaga", "client"},
		{"client", "contracts/refusals"},
		{"platform/rpc", "platform/refusal"},
	} {
		assert.Empty(t, ForbiddenImport(module+"/"+fine.from, module+"/"+fine.to), "%s may import %s", fine.from, fine.to)
	}
	assert.Empty(t, ForbiddenImport(module+"/platform/rest", "github.com/danielgtaylor/huma/v2/adapters/humaecho"))
	assert.Empty(t, ForbiddenImport("github.com/labstack/echo/v5", module+"/platform/rest"))
}

func (p pkg) all() []string {
	return append(append(append([]string(nil), p.Imports...), p.TestImports...), p.XTestImports...)
}

// list asks the go command, without the workspace: what ships has none.
func list(t *testing.T, folder string) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "GOWORK=off")
	out, err := cmd.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		t.Fatalf("go list in %s: %v: %s", folder, err, failed.Stderr)
	}
	require.NoError(t, err)
	var packages []pkg
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		}
		require.NoError(t, err)
		packages = append(packages, p)
	}
}
