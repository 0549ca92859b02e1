// Command catalog is the service that knows what the shop sells and what it costs: commands and
// quotes on PostgreSQL, lists and details for shoppers on a document store that follows by events.
package main

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/ordersaga/ordersaga/contracts/events"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/broker"
	"github.com/ordersaga/ordersaga/platform/lifecycle"
	"github.com/ordersaga/ordersaga/platform/mongodb"
	"github.com/ordersaga/ordersaga/platform/outbox"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/program"
	"github.com/ordersaga/ordersaga/platform/readmodel"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/rpc"
	"github.com/ordersaga/ordersaga/platform/search"
	"github.com/ordersaga/ordersaga/platform/telemetry"
	"github.com/ordersaga/ordersaga/services/catalog/internal"
	"github.com/ordersaga/ordersaga/services/catalog/internal/commands/applyprices"
	"github.com/ordersaga/ordersaga/services/catalog/internal/productsearch"
	"github.com/ordersaga/ordersaga/services/catalog/internal/readside"
	"github.com/ordersaga/ordersaga/services/catalog/migrations"
)

func main() {
	program.Main(program.Program[settings]{
		Name: "catalog", Run: run, Checks: settings.checks,
	})
}

// run serves until it is told to stop, and finishes what it has begun.
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
	verifier, err := auth.NewVerifier(ctx, cfg.Auth)
	if err != nil {
		return err
	}
	rabbit := broker.Connect(ctx, cfg.AMQPURL.Reveal(), broker.Queues(events.Queues())...)
	defer rabbit.Close()

	model := readmodel.New(readside.Definition, db, documents)
	if err := model.Prepare(ctx); err != nil {
		return err
	}
	readSide, products := readside.NewFeed(db, model), readside.NewProducts(db, model)
	cached, closeCache, err := cfg.Cache.Open("catalog")
	if err != nil {
		return err
	}
	defer closeCache()
	products.Cache(cached, readSide)
	engine, err := cfg.Search.Open(productsearch.Schema)
	if err != nil {
		return err
	}
	defer engine.Close()
	index := search.New(productsearch.Schema, engine)
	searchFeed := search.NewFeed(index, productsearch.NewChanges(db), cfg.Search.Alone(db, productsearch.Schema))
	db.OnSignal(func() {
		readSide.Wake()
		searchFeed.Wake()
	})
	stock := productsearch.KeepStock(db, products.StockChanged)
	relay := outbox.NewRelay(db, rabbit.Publish)
	needs := internal.Needs{
		DB: db, ReadSide: products, Feed: readSide, Search: index, Pricing: cfg.Pricing.rates(), MaxImport: int64(cfg.ImportMiB) << 20,
	}

	// The broker is not among them: events wait in the outbox while it is away. Nor is the search
	// engine: its index catches up.
	ready := map[string]func(context.Context) error{
		"postgres": db.Ready, "mongodb": func(ctx context.Context) error { return mongodb.Ready(ctx, documents) }, "issuer": verifier.Ready,
	}
	api := rest.New(rest.Config{
		Info:     internal.Info,
		Verifier: verifier, Ready: ready, Settings: cfg.REST,
	})
	internal.Routes(api, needs)
	internal.Audits(api, relay, rabbit)
	search.RebuildRoutes(api, searchFeed)

	calls, err := rpc.NewServer(verifier, cfg.ServerSettings, internal.Service(needs))
	if err != nil {
		return err
	}

	return lifecycle.Run(ctx,
		lifecycle.HTTP("admin", telemetry.AdminServer(cfg.AdminAddress(), cfg.Profiles, ready), "ADMIN_PORT"),
		lifecycle.Component{Name: "outbox relay", Run: relay.Run, Drain: 30 * time.Second},
		lifecycle.Component{Name: "due prices", Run: applyprices.NewLoop(db).Run, Drain: 15 * time.Second},
		lifecycle.Component{Name: "stock", Drain: stock.Timeout + 5*time.Second, Run: func(ctx context.Context) error {
			return rabbit.Consume(ctx, stock)
		}},
		lifecycle.Component{Name: "read side", Run: readSide.Follow, Drain: 35 * time.Second},
		lifecycle.Component{Name: "search index", Run: searchFeed.Run, Drain: 35 * time.Second},
		lifecycle.GRPC("grpc", calls, cfg.GRPCAddress()),
		lifecycle.HTTP("rest", api.Server(cfg.Address())),
	)
}

func closeDocuments(documents *mongo.Database) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = mongodb.Close(ctx, documents) // nothing is in flight any more
}
