// Inventory keeps the stock of each SKU and the reservations of orders. It serves REST for people
// and gRPC for the steps of sagas.
package main

import (
	"context"
	"time"

	"github.com/ordersaga/ordersaga/contracts/events"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/broker"
	"github.com/ordersaga/ordersaga/platform/lifecycle"
	"github.com/ordersaga/ordersaga/platform/outbox"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/program"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/rpc"
	"github.com/ordersaga/ordersaga/platform/telemetry"
	"github.com/ordersaga/ordersaga/services/inventory/internal"
	"github.com/ordersaga/ordersaga/services/inventory/internal/commands/expireholds"
	"github.com/ordersaga/ordersaga/services/inventory/internal/commands/registerproduct"
	"github.com/ordersaga/ordersaga/services/inventory/migrations"
)

func main() {
	program.Main(program.Program[settings]{
		Name: "inventory", Run: run, Checks: settings.checks, Reads: rpc.DialSettings(),
	})
}

// run serves until the program is stopped, and finishes open requests.
func run(ctx context.Context, cfg settings) error {
	db, err := postgres.Open(ctx, cfg.DatabaseURL.Reveal())
	if err != nil {
		return err
	}
	defer db.Close()
	if err := postgres.Migrate(ctx, db, migrations.All...); err != nil {
		return err
	}
	verifier, err := auth.NewVerifier(ctx, cfg.Auth)
	if err != nil {
		return err
	}
	orders, err := rpc.Dial(cfg.OrdersAddr, auth.ServiceTokens(ctx, cfg.Client))
	if err != nil {
		return err
	}
	defer orders.Close()
	rabbit := broker.Connect(ctx, cfg.AMQPURL.Reveal(), broker.Queues(events.Queues())...)
	defer rabbit.Close()
	relay := outbox.NewRelay(db, rabbit.Publish)

	// The broker is not a readiness check: without it events wait in the outbox and orders
	// continue.
	ready := map[string]func(context.Context) error{"postgres": db.Ready, "issuer": verifier.Ready}
	api := rest.New(rest.Config{
		Info: internal.Info, Verifier: verifier, Ready: ready, Settings: cfg.REST,
	})
	internal.Routes(api, db)
	internal.Audits(api, relay, rabbit)
	calls, err := rpc.NewServer(verifier, cfg.ServerSettings, internal.Service(db, ordersv1.NewOrdersServiceClient(orders)))
	if err != nil {
		return err
	}

	return lifecycle.Run(ctx,
		lifecycle.Component{Name: "outbox relay", Run: relay.Run, Drain: 30 * time.Second},
		lifecycle.Component{Name: "products consumer", Drain: 35 * time.Second, Run: func(ctx context.Context) error {
			return rabbit.Consume(ctx, registerproduct.NewConsumer(db))
		}},
		lifecycle.Component{Name: "hold sweeper", Run: expireholds.NewSweeper(db, cfg.HoldSweepInterval).Run},
		lifecycle.HTTP("admin", telemetry.AdminServer(cfg.AdminAddress(), cfg.Profiles, ready), "ADMIN_PORT"),
		lifecycle.GRPC("grpc", calls, cfg.GRPCAddress()),
		lifecycle.HTTP("rest", api.Server(cfg.Address())),
	)
}
