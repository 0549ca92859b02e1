// Package shop opens a whole shop for a test: the programs that are deployed, as processes, on the
// real engines, with databases, a vhost, a task queue and books of their own. A test uses them as a
// customer, an operator or an auditor does, and may kill, stop and start each.
package shop

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"github.com/ordersaga/ordersaga/contracts/programs"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/testkit"
)

// The programs of a shop.
const (
	Paysim    = programs.Paysim
	Catalog   = programs.Catalog
	Inventory = programs.Inventory
	Payments  = programs.Payments
	Orders    = programs.Orders
	Worker    = programs.Worker
)

const providerKey = "test-provider-key"

// Options of a shop.
type Options struct {
	// Without leaves programs out: a test brings its own worker.
	Without []string
	// Env adds settings to a program, NAME=value.
	Env map[string][]string
}

// Shop is a running shop.
type Shop struct {
	t         testing.TB
	processes map[string]*process
	ports     map[string]int
	// TaskQueue and Namespace are where its sagas run.
	TaskQueue, Namespace string
	// TemporalAddress is the server's host:port.
	TemporalAddress string
	// AMQP is the shop's vhost.
	AMQP string
	// databases and documents of its programs, by name.
	databases map[string]string
	documents map[string]Documents
	// TraceFile collects the spans of all programs, one JSON object a line.
	TraceFile string
}

// Open starts a shop and waits until every program is ready. It is closed with the test; the logs
// of a test that failed are shown.
func Open(t testing.TB, options Options) *Shop {
	t.Helper()
	bin := os.Getenv("ORDERSAGA_BIN")
	if bin == "" {
		t.Fatal("this test runs the built programs: run `make test`, or `make build` and set ORDERSAGA_BIN to their folder")
	}
	s := &Shop{t: t, processes: map[string]*process{}, ports: map[string]int{}, databases: map[string]string{}, documents: map[string]Documents{}, TaskQueue: testkit.TaskQueue(t)}
	s.TemporalAddress, s.Namespace = testkit.OwnTemporal(t)
	dir := t.TempDir()
	s.TraceFile = filepath.Join(dir, "traces.jsonl")
	order := programs.Names(programs.Any)
	for _, name := range order {
		s.ports[name], s.ports[name+"/grpc"], s.ports[name+"/admin"] = testkit.FreePort(t), testkit.FreePort(t), testkit.FreePort(t)
	}
	s.AMQP = testkit.AMQP(t)
	for _, name := range order {
		if slices.Contains(options.Without, name) {
			continue
		}
		env := append(s.environment(name, dir), options.Env[name]...)
		p := &process{t: t, name: name, path: filepath.Join(bin, name), env: env, log: filepath.Join(dir, name+".log"), ready: s.readiness(name)}
		s.processes[name] = p
		p.start()
	}
	for _, name := range order {
		if p := s.processes[name]; p != nil {
			p.awaitReady()
		}
	}
	return s
}

// environment of a program: what it reads and needs, and nothing else.
func (s *Shop) environment(name, dir string) []string {
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir,
		"PORT=" + strconv.Itoa(s.ports[name]),
		"OTEL_TRACES_EXPORTER=ordersaga-file", "ORDERSAGA_TRACE_FILE=" + s.TraceFile, "OTEL_BSP_SCHEDULE_DELAY=200",
	}
	if name == Paysim {
		return append(env, "PAYSIM_API_KEY="+providerKey, "PAYSIM_DATA="+filepath.Join(dir, "paysim.db"), "PAYSIM_SLOW=1s")
	}
	env = append(env, "ORDERSAGA_ENV=development", "OIDC_ISSUER="+testkit.Issuer(s.t), "OIDC_AUDIENCE=ordersaga")
	p := programs.Of(name)
	for _, service := range p.Calls {
		env = append(env, strings.ToUpper(service)+"_GRPC_ADDR="+s.GRPC(service))
	}
	if len(p.Calls) > 0 {
		env = append(env, "OIDC_CLIENT_ID="+testkit.Client(s.t, name).ClientID, "OIDC_CLIENT_SECRET="+testkit.ClientSecret)
	}
	if p.Temporal {
		env = append(env, "TEMPORAL_ADDRESS="+s.TemporalAddress, "TEMPORAL_NAMESPACE="+s.Namespace, "TEMPORAL_TASK_QUEUE="+s.TaskQueue)
	}
	if !p.Service {
		return env
	}
	// The tests are a few customers who make as many requests as they can.
	env = append(env, "RATE_LIMIT_PER_SECOND=0", "REQUESTS_IN_FLIGHT=0")
	if name == Orders {
		env = append(env, "MAX_OPEN_ORDERS=0", "MAX_DECLINES_PER_HOUR=0")
	}
	s.databases[name] = testkit.Postgres(s.t)
	env = append(env, "DATABASE_URL="+s.databases[name],
		"GRPC_PORT="+strconv.Itoa(s.ports[name+"/grpc"]), "ADMIN_PORT="+strconv.Itoa(s.ports[name+"/admin"]))
	if p.Documents {
		uri, database := testkit.MongoDB(s.t)
		s.documents[name] = Documents{URI: uri, Database: database}
		env = append(env, "MONGODB_URI="+uri, "MONGODB_DATABASE="+database)
	}
	if p.Broker {
		env = append(env, "AMQP_URL="+s.AMQP)
	}
	if name == Payments {
		// Short, so that an unknown outcome becomes known within a test.
		return append(env, "PAYMENT_PROVIDER_URL="+s.URL(Paysim), "PAYMENT_PROVIDER_KEY="+providerKey,
			"PAYMENT_PROVIDER_TIMEOUT=500ms", "PAYMENT_LOOKUP_DEADLINE=5500ms")
	}
	return env
}

// URL is the base of a program's REST API.
func (s *Shop) URL(name string) string { return "http://" + address(s.ports[name]) }

// GRPC is a service's gRPC address, host:port.
func (s *Shop) GRPC(name string) string { return address(s.ports[name+"/grpc"]) }

// Environment is what a program was started with, NAME=value.
func (s *Shop) Environment(name string) []string { return slices.Clone(s.processes[name].env) }

func (s *Shop) readiness(name string) string {
	if programs.Of(name).Service {
		return "http://" + address(s.ports[name+"/admin"]) + "/readyz"
	}
	return s.URL(name) + "/readyz"
}

// Kill ends a program as a crash does.
func (s *Shop) Kill(name string) { s.processes[name].kill() }

// Stop asks a program to end and waits until it has.
func (s *Shop) Stop(name string) { s.processes[name].stop() }

// Start runs a killed or stopped program again and waits until it is ready.
func (s *Shop) Start(name string) {
	s.processes[name].start()
	s.processes[name].awaitReady()
}

// Temporal is a client of the shop's namespace.
func (s *Shop) Temporal() client.Client {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := client.DialContext(ctx, client.Options{
		HostPort: s.TemporalAddress, Namespace: s.Namespace, DataConverter: sagas.DataConverter(), Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	if err != nil {
		s.t.Fatalf("dial Temporal: %v", err)
	}
	s.t.Cleanup(c.Close)
	return c
}

// patience bounds every wait; see testkit.Eventually.
const patience = 2 * time.Minute

var httpClient = &http.Client{Timeout: patience}

func address(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }
