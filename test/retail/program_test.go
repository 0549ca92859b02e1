package retail_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

const root = "../.."

// invoices is the path of the real ones.
func invoices(t *testing.T) string {
	t.Helper()
	path := filepath.Join(root, "..", "shared", "data", "online-retail.csv")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		testkit.NotRun(t, "a real shop's invoices: "+path+" is not here (\"Online Retail\", doi:10.24432/C5BW33)")
	}
	return path
}

// program is examples/onlineretail.
type program struct{ path string }

func build(t *testing.T) program {
	t.Helper()
	p := program{filepath.Join(t.TempDir(), "onlineretail")}
	command := exec.CommandContext(t.Context(), "go", "build", "-o", p.path, ".")
	command.Dir = filepath.Join(root, "examples", "onlineretail")
	command.Env = append(os.Environ(), "GOWORK=off")
	output, err := command.CombinedOutput()
	require.NoError(t, err, "build the example: %s", output)
	return p
}

// report is what the program reports, with how it ended.
type report struct {
	exit int
	says string // standard error

	Rows      int            `json:"rows"`
	Invoices  int            `json:"invoices"`
	Sellable  int            `json:"sellable"`
	Confirmed sum            `json:"confirmed"`
	Replayed  sum            `json:"replayed"`
	Rejected  map[string]sum `json:"rejected"`
	Failed    map[string]sum `json:"failed"`
	Skipped   map[string]sum `json:"skipped"`
	Cancelled sum            `json:"cancellations_not_handled_yet"`
	// CarriedOut are the other cancellations.
	CarriedOut sum `json:"cancellations_carried_out"`
	Shipping   *struct {
		Orders, Shipments  int
		Units, Money       parts
		Captured, Refunded int64
	} `json:"shipping"`
	Charged  int64 `json:"charged"`
	Products struct {
		Created, Unchanged, Conflicts int
	} `json:"products"`
	Stock struct {
		Received        int64 `json:"received"`
		ReceivedEarlier int64 `json:"received_earlier"`
	} `json:"stock"`
	LatencyMS struct {
		Samples int `json:"samples"`
	} `json:"latency_ms"`
}

type sum struct {
	Invoices int   `json:"invoices"`
	Rows     int   `json:"rows"`
	Units    int64 `json:"units"`
	Invoiced int64 `json:"invoiced"`
}

func (p program) replay(t *testing.T, s *shop.Shop, arguments ...string) report {
	t.Helper()
	return p.start(t, s, arguments...)()
}

// start runs the program beside the test; finish waits for its report.
func (p program) start(t *testing.T, s *shop.Shop, arguments ...string) (finish func() report) {
	t.Helper()
	arguments = append(arguments, "--json", "--orders", s.URL(shop.Orders), "--catalog", s.URL(shop.Catalog),
		"--inventory", s.URL(shop.Inventory), "--issuer", testkit.Issuer(t))
	command := exec.CommandContext(t.Context(), p.path, arguments...)
	var output, says bytes.Buffer
	command.Stdout, command.Stderr = &output, &says
	require.NoError(t, command.Start())
	return func() (r report) {
		t.Helper()
		err := command.Wait()
		var failed *exec.ExitError
		if err != nil && !errors.As(err, &failed) {
			t.Fatalf("run the example: %v", err)
		}
		require.NoError(t, json.Unmarshal(output.Bytes(), &r), "%s\n%s", output.String(), says.String())
		r.exit, r.says = command.ProcessState.ExitCode(), says.String()
		return r
	}
}

func (r report) assertAddsUp(t *testing.T) {
	t.Helper()
	rows := r.Confirmed.Rows + r.Cancelled.Rows + r.CarriedOut.Rows
	invoices := r.Confirmed.Invoices + r.Cancelled.Invoices + r.CarriedOut.Invoices
	for _, group := range []map[string]sum{r.Rejected, r.Failed, r.Skipped} {
		for _, of := range group {
			rows, invoices = rows+of.Rows, invoices+of.Invoices
		}
	}
	assert.Positive(t, r.Rows)
	assert.Equal(t, r.Rows, rows, "rows")
	assert.Equal(t, r.Invoices, invoices, "invoices")
}
