package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/blevesearch/bleve/v2"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/ordersaga/ordersaga/client"
	"github.com/ordersaga/ordersaga/contracts/programs"
)

// pageSize is the number of orders and products on a page.
const pageSize = 20

// raw asks the stores what the services ask them, by the drivers alone.
type raw struct {
	lists
	streams *pgxpool.Pool
	index   bleve.Index
}

// lists are the collections that lists are read from.
type lists struct{ orders, products *mongo.Collection }

func (s *system) openLists(ctx context.Context) (l lists, err error) {
	documents, err := mongo.Connect(options.Client().ApplyURI(s.Engines.MongoDB.URL))
	if err != nil {
		return l, fmt.Errorf("connect to the document store: %w", err)
	}
	s.closers = append(s.closers, func() { _ = documents.Disconnect(context.Background()) })
	// The names of databases and collections are those of the development stack and platform/readmodel.
	if l.orders, err = s.live(ctx, documents, programs.Orders, "orders"); err != nil {
		return l, err
	}
	l.products, err = s.live(ctx, documents, programs.Catalog, "products")
	return l, err
}

func (s *system) openRaw(ctx context.Context) (r raw, err error) {
	if r.streams, err = pgxpool.New(ctx, s.Engines.Databases[programs.Orders]); err != nil {
		return r, fmt.Errorf("connect to the database of orders: %w", err)
	}
	s.closers = append(s.closers, r.streams.Close)
	if r.lists, err = s.openLists(ctx); err != nil {
		return r, err
	}
	if r.index, err = bleve.NewMemOnly(bleve.NewIndexMapping()); err != nil {
		return r, fmt.Errorf("make an index: %w", err)
	}
	batch := r.index.NewBatch()
	for n := range products {
		if err := batch.Index(sku(n), map[string]any{"name": name(n), "price": price(n), "currency": currency}); err != nil {
			return r, fmt.Errorf("fill an index: %w", err)
		}
	}
	return r, r.index.Batch(batch)
}

// live is the collection of a read model's live generation.
func (s *system) live(ctx context.Context, c *mongo.Client, service, model string) (*mongo.Collection, error) {
	generation, err := s.number(ctx, service, `SELECT generation FROM read_model_generations WHERE model = $1 AND state = 'live'`, model)
	return c.Database(service).Collection(fmt.Sprintf("%s_%d", model, generation)), err
}

// number asks the database of a service for a number.
func (s *system) number(ctx context.Context, service, query string, args ...any) (n int, err error) {
	db, err := pgx.Connect(ctx, s.Engines.Databases[service])
	if err != nil {
		return 0, fmt.Errorf("connect to the database of %s: %w", service, err)
	}
	defer db.Close(context.WithoutCancel(ctx))
	if err := db.QueryRow(ctx, query, args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("ask the database of %s: %w", service, err)
	}
	return n, nil
}

// reads are the cases of requests that only read, each after its raw query. They read orders that
// are placed first.
func (s *system) reads(ctx context.Context) (cases []*Case, err error) {
	r, err := s.openRaw(ctx)
	if err != nil {
		return nil, err
	}
	place := s.buyers.place(1)
	for n := len(s.buyers.placed[1]); n < 2*pageSize; n++ {
		if _, err := place(ctx, 0, n); err != nil {
			return nil, err
		}
	}
	anOrder := func(n int) string {
		ids := s.buyers.placed[1]
		return ids[n*37%len(ids)]
	}
	for _, read := range []struct {
		name     string
		raw, get func(ctx context.Context, operator *client.Client, n int) error
	}{
		{
			"order by id",
			func(ctx context.Context, _ *client.Client, n int) error {
				rows, err := r.streams.Query(ctx, `SELECT version, type, data, occurred_at FROM events WHERE stream = $1 ORDER BY version`, "order-"+anOrder(n))
				if err != nil {
					return err
				}
				defer rows.Close()
				for rows.Next() {
					if _, err := rows.Values(); err != nil {
						return err
					}
				}
				return rows.Err()
			},
			func(ctx context.Context, operator *client.Client, n int) error {
				_, err := operator.Order(ctx, anOrder(n))
				return err
			},
		},
		{
			"page of orders",
			rawPage(r.orders),
			page,
		},
		{
			"product search",
			func(ctx context.Context, _ *client.Client, n int) error {
				words := bleve.NewMatchQuery(fmt.Sprintf("product %d", n%products))
				request := bleve.NewSearchRequestOptions(words, pageSize, 0, false)
				request.Fields = []string{"*"}
				_, err := r.index.SearchInContext(ctx, request)
				return err
			},
			func(ctx context.Context, operator *client.Client, n int) error {
				_, err := operator.SearchProducts(ctx, client.ProductSearch{Text: fmt.Sprintf("product %d", n%products)}, client.PageRequest{Limit: pageSize})
				return err
			},
		},
		{
			"product by id",
			func(ctx context.Context, _ *client.Client, n int) error {
				_, err := r.products.FindOne(ctx, bson.D{{Key: "_id", Value: sku(n)}}).Raw()
				return err
			},
			func(ctx context.Context, operator *client.Client, n int) error {
				_, err := operator.Product(ctx, sku(n))
				return err
			},
		},
	} {
		raw := &Case{Part: Reads, Name: read.name + ", raw", Callers: reading, do: s.reader(read.raw)}
		cases = append(cases, raw, &Case{Part: Reads, Name: read.name, Callers: reading, do: s.reader(read.get), to: []comparison{
			{name: "p50 to that of the raw query", to: raw, of: middle},
			{name: "CPU to that of the raw query", to: raw, of: cpuTotal},
		}})
	}
	return cases, nil
}

// reader makes a unit of work of a read; each caller is an operator with a connection of its own.
func (s *system) reader(read func(ctx context.Context, operator *client.Client, n int) error) work {
	return func(ctx context.Context, caller, n int) (time.Duration, error) {
		operator, err := s.buyers.session(Who{Caller: caller})
		if err != nil {
			return 0, err
		}
		return 0, read(ctx, operator, n)
	}
}

// page reads the first page of all orders.
func page(ctx context.Context, operator *client.Client, _ int) error {
	_, err := operator.OrderPage(ctx, client.OrderFilter{}, client.PageRequest{Limit: pageSize})
	return err
}

// rawPage reads the window that the first page of a list lies in.
func rawPage(list *mongo.Collection) func(context.Context, *client.Client, int) error {
	return func(ctx context.Context, _ *client.Client, _ int) error {
		found, err := list.Find(ctx, bson.D{{Key: "pages", Value: "all/0"}})
		if err != nil {
			return err
		}
		var documents []bson.Raw
		return found.All(ctx, &documents)
	}
}
