// Package inventorytest runs inventory in the test's process, on the real engines, and calls its
// public interfaces: REST, gRPC and events.
package inventorytest

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/ordersaga/ordersaga/contracts/programs"
	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	"github.com/ordersaga/ordersaga/contracts/undo/undotest"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/config"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/rpc"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/services/inventory/internal"
	"github.com/ordersaga/ordersaga/services/inventory/internal/commands/expireholds"
	"github.com/ordersaga/ordersaga/services/inventory/migrations"
)

// World is one inventory.
type World struct {
	// DB is the service's database, for looking and for holding locks. Tests change stock through
	// the public interfaces.
	DB *postgres.DB
	// Stock is the gRPC client, with the worker's token.
	Stock inventoryv1.InventoryServiceClient
	// Orders answers whether reservations may be undone.
	Orders *undotest.Orders
	// Announced counts how often a relay would be woken.
	Announced atomic.Int64

	url      string
	operator string
	shopper  string
}

// New starts an inventory with an empty stock.
func New(t testing.TB) *World {
	t.Helper()
	return On(t, Database(t))
}

// On starts an inventory on a migrated database. When the test is over, the stock invariants are
// checked, whatever the test did.
func On(t testing.TB, db *postgres.DB) *World {
	t.Helper()
	w := &World{
		DB:       db,
		Orders:   &undotest.Orders{},
		operator: testkit.Token(t, "operator", auth.ScopeOperator),
		shopper:  testkit.Token(t, "shopper"),
	}
	t.Cleanup(func() { w.CheckInvariants(t) })

	verifier, err := auth.NewVerifier(t.Context(), config.Auth{
		Issuer: testkit.Issuer(t), Audience: "ordersaga", Environment: config.Development,
	})
	if err != nil {
		t.Fatalf("make the token verifier: %v", err)
	}
	w.DB.OnSignal(func() { w.Announced.Add(1) })
	api := rest.New(rest.Config{Info: rest.Info{Title: "inventory", Version: "test"}, Verifier: verifier})
	internal.Routes(api, w.DB)
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	w.url = server.URL
	w.Stock = inventoryv1.NewInventoryServiceClient(dial(t, verifier, internal.Service(w.DB, w.Orders)))
	return w
}

// Database opens a fresh, migrated database.
func Database(t testing.TB) *postgres.DB {
	t.Helper()
	return Migrated(t, testkit.Postgres(t))
}

// Migrated opens an empty database and makes inventory's tables in it.
func Migrated(t testing.TB, databaseURL string) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), databaseURL)
	if err != nil {
		t.Fatalf("open the database: %v", err)
	}
	t.Cleanup(func() { db.Close() })
	if err := postgres.Migrate(t.Context(), db, migrations.All...); err != nil {
		t.Fatalf("migrate: %v", err)
	}
	return db
}

// dial serves gRPC on a loopback port and connects as another service.
func dial(t testing.TB, verifier *auth.Verifier, service rpc.Service) *grpc.ClientConn {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	server, err := rpc.NewServer(verifier, rpc.ServerSettings{}, service)
	if err != nil {
		t.Fatalf("make the gRPC server: %v", err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil {
			t.Errorf("serve gRPC: %v", err)
		}
	})
	connection, err := rpc.Dial(listener.Addr().String(), bearer(testkit.Token(t, programs.Worker, auth.ScopeService)))
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	t.Cleanup(func() { connection.Close() })
	return connection
}

// bearer gives every call the same token.
type bearer string

func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(b)}, nil
}

func (bearer) RequireTransportSecurity() bool { return false }

// Sweep runs the hold sweeper until the test is over.
func (w *World) Sweep(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	sweeper := expireholds.NewSweeper(w.DB, 20*time.Millisecond)
	go func() { stopped <- sweeper.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-stopped; err != nil {
			t.Errorf("the sweeper stopped with: %v", err)
		}
	})
}

// Context returns the context of one call, with a long deadline.
func Context(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

var client = &http.Client{Timeout: time.Minute}
