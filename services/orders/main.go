// Command orders is the service of orders. Each order is a stream of events: placed over REST,
// written by sagas over gRPC, projected into lists, and published as integration events.
package main

import (
	"context"
	"slices"

	"github.com/ordersaga/ordersaga/contracts/events"
	catalogv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/catalog/v1"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/broker"
	"github.com/ordersaga/ordersaga/platform/eventstore"
	"github.com/ordersaga/ordersaga/platform/lifecycle"
	"github.com/ordersaga/ordersaga/platform/mongodb"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/program"
	"github.com/ordersaga/ordersaga/platform/readmodel"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/rpc"
	"github.com/ordersaga/ordersaga/platform/search"
	"github.com/ordersaga/ordersaga/platform/telemetry"
	"github.com/ordersaga/ordersaga/platform/temporalclient"
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

func main() {
	program.Main(program.Program[settings]{
		Name: "orders", Run: run, Checks: settings.checks,
		Reads: slices.Concat(rpc.DialSettings(), temporalclient.Settings()),
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
	documents, err := mongodb.Open(ctx, cfg.MongoDBURI.Reveal(), cfg.MongoDBDatabase)
	if err != nil {
		return err
	}
	defer closeDocuments(documents)
	list := readmodel.New(orderlist.Definition, db, documents)
	if err := list.Prepare(ctx); err != nil {
		return err
	}
	temporal, err := temporalclient.Dial(ctx, sagas.DataConverter())
	if err != nil {
		return err
	}
	defer temporal.Close()
	verifier, err := auth.NewVerifier(ctx, cfg.Auth)
	if err != nil {
		return err
	}
	catalog, err := rpc.Dial(cfg.CatalogAddr, auth.ServiceTokens(ctx, cfg.Client))
	if err != nil {
		return err
	}
	defer catalog.Close()
	out := broker.Connect(ctx, cfg.AMQPURL.Reveal(), broker.Queues(events.Queues())...)
	defer out.Close()

	keys, err := personal.New(db, cfg.PersonalKey.Reveal())
	if err != nil {
		return err
	}
	engine, err := cfg.Search.Open(ordersearch.Schema)
	if err != nil {
		return err
	}
	defer engine.Close()
	streams := eventstore.New(db)
	needs := internal.Needs{
		Events: streams, Orders: store.New(streams), OpenSagas: opensagas.New(db),
		Numbers: store.NewNumbers(db), Keys: keys,
		Search:  search.New(ordersearch.Schema, engine),
		Catalog: quotes.New(catalogv1.NewCatalogServiceClient(catalog)),
		Runs:    runs.New(temporal, cfg.TaskQueue),
		Limits:  placeorder.Limits{OpenOrders: cfg.MaxOpenOrders, Declines: cfg.MaxDeclines},
		Capture: domain.CapturePolicy(cfg.Capture), RefundLimit: cfg.RefundLimit,
	}

	needs.List = projector.New(streams, needs.Orders, list)
	searchFeed := search.NewFeed(needs.Search, ordersearch.NewChanges(streams, needs.Orders, keys), cfg.Search.Alone(db, ordersearch.Schema))

	// The broker is not a readiness check: events wait in the log while it is down. Nor is the search
	// engine: its index catches up.
	ready := map[string]func(context.Context) error{
		"postgres": db.Ready, "temporal": temporalclient.Ready(temporal), "issuer": verifier.Ready,
		"mongodb": func(ctx context.Context) error { return mongodb.Ready(ctx, documents) },
	}
	api := rest.New(rest.Config{
		Info: internal.Info, Verifier: verifier, Ready: ready, Settings: cfg.REST,
	})
	internal.Routes(api, needs)
	following := internal.Subscriptions(needs, out.Publish)
	internal.Audits(api, needs, following)
	search.RebuildRoutes(api, searchFeed)
	calls, err := rpc.NewServer(verifier, cfg.ServerSettings, internal.Service(needs))
	if err != nil {
		return err
	}

	unobserve, err := needs.OpenSagas.Observe()
	if err != nil {
		return err
	}
	defer unobserve()

	return lifecycle.Run(ctx,
		lifecycle.HTTP("admin", telemetry.AdminServer(cfg.AdminAddress(), cfg.Profiles, ready), "ADMIN_PORT"),
		follow(streams, following),
		lifecycle.Component{Name: "search index", Run: searchFeed.Run, Drain: drain},
		lifecycle.Component{Name: "read model", Run: needs.List.Follow, Drain: drain},
		lifecycle.Component{Name: "sequencer", Run: streams.Sequence, Drain: drain},
		lifecycle.GRPC("grpc", calls, cfg.GRPCAddress()),
		lifecycle.HTTP("rest", api.Server(cfg.Address())),
	)
}
