// Package readmodel is the one way in which a service keeps documents to be read from in lists.
//
// A model is declared once: the name of its collections and the fields that are asked for by
// equality. Its documents follow from recorded events alone, so they can be thrown away and made
// again: each time is a generation, in a collection of its own. One generation is live; a rebuild
// fills the next one beside it and takes its place when it has come as far (see Follow).
//
// A list is read by equality on an index and in no other way: it is all that FerretDB answers
// without reading the whole collection, and it costs the same however long the list is. Each
// document has its place in each of its lists, from 0, in the order in which it came; with a place
// go the windows that it lies in. A window has 30 places and begins 10 after the one before, so
// that any 21 places lie in one window: a page of up to 21 documents is one query, which answers 30
// (see Read).
package readmodel

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/ordersaga/ordersaga/platform/postgres"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations has the tables of generations and lists.
var Migrations = postgres.Migrations{Name: "readmodel", Files: files}

// PagesField has the windows of a document (see Windows). It is indexed in every model.
const PagesField = "pages"

// Definition declares a model.
type Definition struct {
	// Name of the model: lower case letters. Generation 1 of "orders" is the collection orders_1.
	Name string
	// Indexes are the fields, besides the pages, by whose value documents are asked for.
	Indexes []string
	// Former collections, of earlier versions of the service, are dropped at the start.
	Former []string
}

// Model is a declared model in the stores of its service: generations and places are in
// PostgreSQL, documents in MongoDB or FerretDB.
type Model struct {
	Definition
	// Grace is how long a generation that was replaced is kept for requests that still read it.
	Grace time.Duration

	db        *postgres.DB
	documents *mongo.Database
}

// grace is longer than any request takes.
const grace = 2 * time.Minute

// New opens a model; the tables of Migrations must be there.
func New(definition Definition, db *postgres.DB, documents *mongo.Database) *Model {
	return &Model{Definition: definition, Grace: grace, db: db, documents: documents}
}

// Generation is one making of a model's documents.
type Generation struct {
	// Number is 1 of the first, of others the Unix time at which they were begun.
	Number int64
	State  State
	// BeganAt is when it was begun.
	BeganAt time.Time
	// inState is for how long it has been in its state, by the clock of the database.
	inState time.Duration
}

// State of a generation.
type State string

// Values of State.
const (
	Building State = "building"
	Live     State = "live"
	Retired  State = "retired"
)

// Collection has the documents of a generation.
func (m *Model) Collection(g Generation) *mongo.Collection {
	return m.documents.Collection(fmt.Sprintf("%s_%d", m.Name, g.Number))
}

// Prepare makes the first generation, if there is none, and the indexes. It is called at every
// start.
func (m *Model) Prepare(ctx context.Context) error {
	for _, name := range m.Former {
		if err := m.documents.Collection(name).Drop(ctx); err != nil {
			return fmt.Errorf("drop the former collection %s: %w", name, err)
		}
	}
	_, err := m.db.SQL.ExecContext(ctx, `
		INSERT INTO read_model_generations (model, generation, state) VALUES ($1, 1, 'live') ON CONFLICT DO NOTHING`, m.Name)
	if err != nil {
		return fmt.Errorf("read model %s: first generation: %w", m.Name, err)
	}
	generations, err := m.generations(ctx)
	if err != nil {
		return err
	}
	for _, g := range generations {
		if g.State == Retired {
			continue
		}
		if err := m.index(ctx, g); err != nil {
			return err
		}
	}
	return nil
}

// index makes the indexes of a generation. It may be repeated.
func (m *Model) index(ctx context.Context, g Generation) error {
	for _, field := range append([]string{PagesField}, m.Indexes...) {
		// One a command: FerretDB 1 panics when a command names two that exist.
		_, err := m.Collection(g).Indexes().CreateOne(ctx, mongo.IndexModel{
			Keys:    bson.D{{Key: field, Value: 1}},
			Options: options.Index().SetName("by_" + field),
		})
		if err != nil {
			return fmt.Errorf("index %s by %s: %w", m.Collection(g).Name(), field, err)
		}
	}
	return nil
}

// Live answers the generation that is read.
func (m *Model) Live(ctx context.Context) (Generation, error) {
	g, _, err := m.Head(ctx, "")
	return g, err
}

// Head answers the generation that is read and how many documents a list of it has: the places
// below have their documents.
func (m *Model) Head(ctx context.Context, list List) (g Generation, shown int64, err error) {
	err = m.db.SQL.QueryRowContext(ctx, `
		SELECT g.generation, g.state, g.began_at, coalesce(l.shown, 0)
		FROM read_model_generations g
			LEFT JOIN read_model_lists l ON l.model = g.model AND l.generation = g.generation AND l.list = $2
		WHERE g.model = $1 AND g.state = 'live'`, m.Name, list).Scan(&g.Number, &g.State, &g.BeganAt, &shown)
	if errors.Is(err, sql.ErrNoRows) {
		err = errors.New("it has no live generation; Prepare makes one")
	}
	if err != nil {
		return Generation{}, 0, fmt.Errorf("read model %s: %w", m.Name, err)
	}
	return g, shown, nil
}

// generations answers all there are, oldest first.
func (m *Model) generations(ctx context.Context) ([]Generation, error) {
	generations, err := postgres.Select(ctx, m.db.SQL, func(g *Generation) []any {
		return []any{&g.Number, &g.State, &g.BeganAt, &g.inState}
	}, `
		SELECT generation, state, began_at, (extract(epoch FROM clock_timestamp() - changed_at) * 1e9)::bigint
		FROM read_model_generations WHERE model = $1 ORDER BY generation`, m.Name)
	if err != nil {
		return nil, fmt.Errorf("generations of read model %s: %w", m.Name, err)
	}
	return generations, nil
}
