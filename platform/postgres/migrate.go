package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
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
	own := db.forMigrations()
	defer own.Close()
	// goose holds its lock on a connection of its own for as long as it works;
	// a second one is needed for the statements.
	provider, err := goose.NewProvider(database.DialectCustom, own, files,
		goose.WithStore(store), goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("migrate %s: %w", name, err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate %s: %w", name, err)
	}
	return nil
}

// lockTimeout bounds how long a migration waits for a table, with everybody who
// comes after it waiting behind.
const lockTimeout = 30 * time.Second

// forMigrations is a pool of its own. To rewrite a large table takes longer than
// any statement of a program's daily work may.
func (db *DB) forMigrations() *sql.DB {
	config := db.pool.Config().ConnConfig
	config.RuntimeParams["statement_timeout"] = "0"
	config.RuntimeParams["lock_timeout"] = milliseconds(lockTimeout)
	return stdlib.OpenDB(*config)
}

var _ Querier = (*sql.DB)(nil)
