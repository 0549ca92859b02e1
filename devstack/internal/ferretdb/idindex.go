package ferretdb

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

//go:embed idindex.sql
var indexID string

// longestIndexing bounds the indexing of what is there already, of which there is something at most
// once.
const longestIndexing = 5 * time.Minute

// IndexID has PostgreSQL index the _id of every collection, those that are there and those to come,
// in a way that serves FerretDB's look-ups. It may be repeated. Only a superuser can, as whom
// databaseURL must connect to Database.
func IndexID(ctx context.Context, databaseURL string) error {
	ctx, cancel := context.WithTimeout(ctx, longestIndexing)
	defer cancel()
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		return fmt.Errorf("indexing the _id of the collections: connecting to database %s: %w", Database, err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	// All of it or nothing: statements sent together without parameters are one transaction.
	if _, err := conn.Exec(ctx, indexID); err != nil {
		return fmt.Errorf("indexing the _id of the collections: %w", err)
	}
	return nil
}
