// Command payments moves money at the payment provider: it holds an order's amount, and gives it
// back when the order's saga is undone. Sagas call it over gRPC; operators read payments and their
// journals over REST.
package main

import (
	"context"
	"time"

	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/lifecycle"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/program"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/rpc"
	"github.com/ordersaga/ordersaga/platform/telemetry"
	"github.com/ordersaga/ordersaga/services/payments/internal"
	"github.com/ordersaga/ordersaga/services/payments/internal/journal"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider/nothingdue"
	"github.com/ordersaga/ordersaga/services/payments/internal/store"
	"github.com/ordersaga/ordersaga/services/payments/internal/telling"
	"github.com/ordersaga/ordersaga/services/payments/migrations"
)

func main() {
	program.Main(program.Program[settings]{
		Name: "payments", Run: run, Checks: settings.checks, Reads: rpc.DialSettings(),
	})
}

// run serves until it is told to stop, then finishes what it has begun.
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
	gateway, err := cfg.gateway()
	if err != nil {
		return err
	}
	orders, err := rpc.Dial(cfg.OrdersAddr, auth.ServiceTokens(ctx, cfg.Client))
	if err != nil {
		return err
	}
	defer orders.Close()
	payments := store.New(db)
	ordersClient := ordersv1.NewOrdersServiceClient(orders)
	moves := journal.New(payments, nothingdue.Before(gateway), cfg.policy())

	ready := map[string]func(context.Context) error{"postgres": db.Ready, "issuer": verifier.Ready}
	api := rest.New(rest.Config{
		Info: internal.Info, Verifier: verifier, Ready: ready, Settings: cfg.REST,
	})
	internal.Routes(api, payments)
	internal.Audits(api, payments, gateway)
	calls, err := rpc.NewServer(verifier, cfg.ServerSettings, internal.Service(moves, payments, cfg.methodKey(), gateway, ordersClient))
	if err != nil {
		return err
	}

	unobserve, err := payments.Observe()
	if err != nil {
		return err
	}
	defer unobserve()

	return lifecycle.Run(ctx,
		lifecycle.HTTP("admin", telemetry.AdminServer(cfg.AdminAddress(), cfg.Profiles, ready), "ADMIN_PORT"),
		lifecycle.Component{
			Name:  "resolver",
			Drain: 2*cfg.policy().Lease + recordMargin, // a lookup, then giving back
			Run:   func(ctx context.Context) error { return moves.Resolve(ctx, cfg.ResolveEvery) },
		},
		lifecycle.Component{
			Name:  "observer",
			Drain: cfg.policy().Lease + recordMargin,
			Run:   func(ctx context.Context) error { return observe(ctx, moves, gateway.Lists(), cfg.ObserveEvery) },
		},
		lifecycle.Component{
			Name:  "teller",
			Drain: recordMargin,
			Run:   func(ctx context.Context) error { return telling.Tell(ctx, payments, ordersClient, cfg.ResolveEvery) },
		},
		lifecycle.HTTP("rest", api.Server(cfg.Address())),
		lifecycle.GRPC("grpc", calls, cfg.GRPCAddress()),
	)
}

// observe takes over what happens at the provider by itself, if it can tell.
func observe(ctx context.Context, moves *journal.Journal, lists provider.Lists, every time.Duration) error {
	if lists == nil {
		<-ctx.Done()
		return nil
	}
	return moves.Observe(ctx, lists, every)
}
