// Package orderstest runs the orders service in a test: the whole of it, on the real engines,
// behind real listeners. Only the catalog, which is another service, and the saga, which belongs to
// the worker, are stood in for.
package orderstest

import (
	"context"
	"net"
	"net/http"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"

	"github.com/ordersaga/ordersaga/contracts/programs"
	catalogv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/catalog/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/config"
	"github.com/ordersaga/ordersaga/platform/eventstore"
	"github.com/ordersaga/ordersaga/platform/lifecycle"
	"github.com/ordersaga/ordersaga/platform/mongodb"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/readmodel"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/rpc"
	"github.com/ordersaga/ordersaga/platform/search"
	"github.com/ordersaga/ordersaga/platform/search/engines"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/services/orders/internal"
	"github.com/ordersaga/ordersaga/services/orders/internal/commands/placeorder"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/opensagas"
	"github.com/ordersaga/ordersaga/services/orders/internal/orderlist"
	"github.com/ordersaga/ordersaga/services/orders/internal/ordersearch"
	"github.com/ordersaga/ordersaga/services/orders/internal/personal"
	"github.com/ordersaga/ordersaga/services/orders/internal/projector"
	"github.com/ordersaga/ordersaga/services/orders/internal/quotes"
	"github.com/ordersaga/ordersaga/services/orders/internal/runs"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
	"github.com/ordersaga/ordersaga/services/orders/migrations"
)

// World is a running orders service.
type World struct {
	t         testing.TB
	URL       string                       // of REST
	Saga      ordersv1.OrdersServiceClient // as the worker
	Undo      ordersv1.OrdersServiceClient // as a service that is asked to undo a step
	Catalog   *Catalog
	DB        *postgres.DB
	Events    *eventstore.Store
	Orders    *store.Orders
	Documents *mongo.Database
	List      *readmodel.Log
	Temporal  client.Client // of the test; the service has its own
	TaskQueue string
	// Searched waits until the search index has all events (WithSearch).
	Searched func()
	// StopREST tells the REST server to stop, as SIGTERM does, and waits until it has.
	StopREST func()
	// StopList ends the read model's follower at once (WithReadModel); Follow starts it again.
	StopList func()
}

// Option changes how a world is made.
type Option func(*options)

type options struct {
	temporal  string
	documents bool
	search    bool
	limits    placeorder.Limits
	refunds   int64
}

// TemporalBy has the service reach Temporal at another address, such as one with faults.
func TemporalBy(address string) Option { return func(o *options) { o.temporal = address } }

// WithLimits bounds what one customer may have under way. It runs the sequencer and the list of open
// sagas; not to be used with WithReadModel.
func WithLimits(limits placeorder.Limits) Option { return func(o *options) { o.limits = limits } }

// WithRefundLimit bounds what one operator may give back of one order, in minor units.
func WithRefundLimit(limit int64) Option { return func(o *options) { o.refunds = limit } }

// WithReadModel runs the sequencer, the read model and the list of open sagas.
func WithReadModel() Option { return func(o *options) { o.documents = true } }

// WithSearch runs the sequencer and the feed of the search index; not to be used with
// WithReadModel.
func WithSearch() Option { return func(o *options) { o.search = true } }

// awaitSearch waits until the index has all events.
func awaitSearch(t testing.TB, events *eventstore.Store, feed *search.Feed) {
	t.Helper()
	testkit.Eventually(t, "the search index to have all events", func() bool {
		head, err := events.Head(t.Context())
		check(t, err)
		feed.Wake()
		p, err := feed.Progress(t.Context())
		return err == nil && p.Live != "" && p.Position >= head
	})
}

// Start runs the service until the test ends.
func Start(t testing.TB, with ...Option) *World {
	t.Helper()
	address, namespace := testkit.Temporal(t)
	o := options{temporal: address}
	for _, option := range with {
		option(&o)
	}
	w := &World{t: t, TaskQueue: testkit.TaskQueue(t), Catalog: newCatalog()}
	w.Temporal = dial(t, address, namespace)
	w.DB = must(postgres.Open(t.Context(), testkit.Postgres(t)))(t)
	t.Cleanup(func() { w.DB.Close() })
	check(t, postgres.Migrate(t.Context(), w.DB, migrations.All...))
	w.Events = eventstore.New(w.DB)
	w.Orders = store.New(w.Events)
	uri, database := testkit.MongoDB(t)
	w.Documents = must(mongodb.Open(t.Context(), uri, database))(t)
	t.Cleanup(func() { _ = mongodb.Close(context.Background(), w.Documents) })
	list := readmodel.New(orderlist.Definition, w.DB, w.Documents)
	list.Grace = 5 * time.Second // tests wait for its end
	w.List = projector.New(w.Events, w.Orders, list)
	check(t, w.List.Prepare(t.Context()))

	verifier := must(auth.NewVerifier(t.Context(), config.Auth{
		Issuer: testkit.Issuer(t), Audience: "ordersaga", Environment: config.Development,
	}))(t)
	engine := must(engines.Settings{}.Open(ordersearch.Schema))(t)
	t.Cleanup(func() { check(t, engine.Close()) })
	needs := internal.Needs{
		Events: w.Events, Orders: w.Orders, OpenSagas: opensagas.New(w.DB), List: w.List,
		Numbers: store.NewNumbers(w.DB), Keys: must(personal.New(w.DB, ""))(t),
		Search:  search.New(ordersearch.Schema, engine),
		Catalog: quotes.New(catalogv1.NewCatalogServiceClient(w.serveCatalog())),
		Runs:    runs.New(dial(t, o.temporal, namespace), w.TaskQueue),
		Limits:  o.limits,
		Capture: domain.CapturePerShipment, RefundLimit: o.refunds,
	}
	api := rest.New(rest.Config{Info: rest.Info{Title: "orders", Version: "test"}, Verifier: verifier})
	internal.Routes(api, needs)
	internal.Audits(api, needs, internal.Subscriptions(needs, nil))
	listener := listen(t)
	w.URL = "http://" + listener.Addr().String()
	w.StopREST = w.run(func(ctx context.Context) error {
		return lifecycle.ServeHTTP(ctx, "rest", api.Server(""), listener)
	})
	calls := must(rpc.NewServer(verifier, rpc.ServerSettings{}, internal.Service(needs)))(t)
	w.Saga = ordersv1.NewOrdersServiceClient(w.serve(calls, programs.Worker))
	w.Undo = ordersv1.NewOrdersServiceClient(w.serve(calls, programs.Payments))
	if o.limits != (placeorder.Limits{}) {
		w.run(w.Events.Sequence)
		w.run(func(ctx context.Context) error { return w.Events.Subscribe(ctx, needs.OpenSagas.Subscription()) })
	}
	if o.search {
		feed := search.NewFeed(needs.Search, ordersearch.NewChanges(w.Events, w.Orders, needs.Keys), nil)
		w.run(w.Events.Sequence)
		w.run(feed.Run)
		w.Searched = func() { awaitSearch(t, w.Events, feed) }
	}
	if o.documents {
		check(t, w.List.Prepare(t.Context())) // as every start but the first does
		w.run(w.Events.Sequence)
		w.run(func(ctx context.Context) error { return w.Events.Subscribe(ctx, needs.OpenSagas.Subscription()) })
		w.Follow()
	}
	return w
}

// run runs a component until stop is called or the test ends.
func (w *World) run(component func(ctx context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- component(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			w.t.Errorf("stopped with: %v", err)
		}
	}
	w.t.Cleanup(stop)
	return stop
}

// serve runs a gRPC server and calls it as a program does.
func (w *World) serve(server *grpc.Server, caller string) *grpc.ClientConn {
	w.t.Helper()
	listener := listen(w.t)
	go func() { _ = server.Serve(listener) }()
	w.t.Cleanup(server.Stop)
	connection := must(rpc.Dial(listener.Addr().String(), bearer(testkit.Token(w.t, caller, auth.ScopeService))))(w.t)
	w.t.Cleanup(func() { connection.Close() })
	return connection
}

// bearer sends a token with every call.
type bearer string

func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(b)}, nil
}

func (bearer) RequireTransportSecurity() bool { return false }

func dial(t testing.TB, address, namespace string) client.Client {
	t.Helper()
	// Lazily: a test may have cut the line.
	c := must(client.NewLazyClient(client.Options{
		HostPort: address, Namespace: namespace, Logger: quiet{}, DataConverter: sagas.DataConverter(),
	}))(t)
	t.Cleanup(c.Close)
	return c
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	return must(net.Listen("tcp", "127.0.0.1:0"))(t)
}

// quiet keeps the SDK's lines out of the tests' output.
type quiet struct{}

func (quiet) Debug(string, ...any) {}
func (quiet) Info(string, ...any)  {}
func (quiet) Warn(string, ...any)  {}
func (quiet) Error(string, ...any) {}

func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		check(t, err)
		return value
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// client of REST; a test's own deadline ends what hangs.
var restClient = &http.Client{Timeout: 70 * time.Second}

// Follow runs the follower of the read model until StopList.
func (w *World) Follow() {
	w.t.Helper()
	w.StopList = w.run(w.List.Follow)
}
