package ferretdb

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

//go:embed indexes.sql
var indexes string

// longestIndexing bounds the indexing of what is there already, of which there is something at most
// once.
const longestIndexing = 5 * time.Minute

// ServeIndexes has PostgreSQL index the _id of every collection, and the fields of every index that
// a client makes, in a way that serves FerretDB's look-ups: those that are there and those to come.
// It may be repeated. Only a superuser can, as whom databaseURL must connect to Database.
func ServeIndexes(ctx context.Context, databaseURL string) error {
	ctx, cancel := context.WithTimeout(ctx, longestIndexing)
	defer cancel()
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		return fmt.Errorf("indexing the collections: connecting to database %s: %w", Database, err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	// All of it or nothing: statements sent together without parameters are one transaction.
	if _, err := conn.Exec(ctx, indexes); err != nil {
		return fmt.Errorf("indexing the collections: %w", err)
	}
	return nil
}
