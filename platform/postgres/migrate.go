package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"time"

	"github.com/exaring/otelpgx"
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
	if err := migrate(ctx, db, name, files); err != nil {
		return fmt.Errorf("migrate %s: %w", name, err)
	}
	return nil
}

func migrate(ctx context.Context, db *DB, name string, files fs.FS) error {
	store, err := database.NewStore(database.DialectPostgres, "schema_versions_"+name)
	if err != nil {
		return err
	}
	own := db.forMigrations()
	defer own.Close()
	provider, err := goose.NewProvider(database.DialectCustom, own, files,
		goose.WithStore(store), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	// Not goose's own lock: a session that waits for long statements on another
	// connection shows no sign of life, and would keep it for hours after its
	// process, or the line to it, is gone.
	waiting, cancel := context.WithTimeoutCause(ctx, migrationWait,
		fmt.Errorf("another process has been migrating this database for %s", migrationWait))
	defer cancel()
	held, err := db.Lock(waiting, lock.DefaultLockID)
	if err != nil {
		return err
	}
	defer held.Unlock()
	working, cancel := held.While(ctx)
	defer cancel()
	if _, err := provider.Up(working); err != nil {
		if cause := context.Cause(working); cause != nil {
			return fmt.Errorf("%w: %w", cause, err)
		}
		return err
	}
	return nil
}

// migrationWait bounds how long a start waits for another process that migrates.
const migrationWait = 5 * time.Minute

// lockTimeout bounds how long a migration waits for a table, with everybody who
// comes after it waiting behind.
const lockTimeout = 30 * time.Second

// forMigrations is a pool of its own. To rewrite a large table takes longer than
// any statement of a program's daily work may.
func (db *DB) forMigrations() *sql.DB {
	config := db.pool.Config().ConnConfig
	config.RuntimeParams["statement_timeout"] = "0"
	config.RuntimeParams["lock_timeout"] = milliseconds(lockTimeout)
	config.Tracer = otelpgx.NewTracer() // without the deadline of daily work
	return stdlib.OpenDB(*config)
}

var _ Querier = (*sql.DB)(nil)
