// Package inventorytest runs inventory in the test's process, on the real engines, and calls its
// public interfaces: REST, gRPC and events.
package inventorytest

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ordersaga/ordersaga/contracts/programs"
	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	"github.com/ordersaga/ordersaga/contracts/undo/undotest"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/platform/testkit/apitest"
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

	w.DB.OnSignal(func() { w.Announced.Add(1) })
	w.url = apitest.REST(t, func(api *rest.API) { internal.Routes(api, w.DB) })
	w.Stock = inventoryv1.NewInventoryServiceClient(
		apitest.GRPC(t, internal.Service(w.DB, w.Orders), testkit.Token(t, programs.Worker, auth.ScopeService)))
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
