package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"
)

// Migrate brings a service's own tables up to date from the *.sql files at the
// root of files. Several processes may do it at once: one works, the rest wait.
func Migrate(ctx context.Context, db *DB, files fs.FS) error {
	return MigrateNamed(ctx, db, "service", files)
}

// MigrateNamed does the same for the tables of a building block, whose versions
// are counted apart: name is "barrier", "outbox", … and ends up in a table name.
func MigrateNamed(ctx context.Context, db *DB, name string, files fs.FS) error {
	store, err := database.NewStore(database.DialectPostgres, "schema_versions_"+name)
	if err != nil {
		return fmt.Errorf("migrate %s: %w", name, err)
	}
	// Who finds another process at work looks again each second, for five minutes.
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
	if err != nil {
		return fmt.Errorf("migrate %s: %w", name, err)
	}
	// goose holds its lock on a connection of its own for as long as it works;
	// a second one is needed for the statements.
	provider, err := goose.NewProvider(database.DialectCustom, db.SQL, files,
		goose.WithStore(store), goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("migrate %s: %w", name, err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate %s: %w", name, err)
	}
	return nil
}

var _ Querier = (*sql.DB)(nil)
