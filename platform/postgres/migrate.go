package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"
)

// Migrations are the tables of a service or of a building block, as goose reads them. Every package
// that has tables offers its own as a variable:
//
//	//go:embed migrations/*.sql
//	var files embed.FS
//
//	var Migrations = postgres.Migrations{Name: "outbox", Files: files}
type Migrations struct {
	// Name under which their versions are counted, in the table schema_versions_<name>; "service"
	// for a service's own.
	Name string
	// Files has *.sql at its root or in its folder migrations.
	Files fs.FS
}

// Migrate updates the tables, set by set. When several processes call it one works and the others
// wait, at most five minutes.
func Migrate(ctx context.Context, db *DB, sets ...Migrations) error {
	own := db.forMigrations()
	defer own.Close()
	// Not goose's own lock: its session is idle during long statements on another connection, and
	// would keep the lock for hours after its process or connection is lost.
	waiting, cancel := context.WithTimeoutCause(ctx, migrationWait,
		fmt.Errorf("another process has been migrating this database for %s", migrationWait))
	defer cancel()
	held, err := db.Lock(waiting, lock.DefaultLockID)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	defer held.Unlock()
	working, cancel := held.While(ctx)
	defer cancel()
	for _, set := range sets {
		if err := set.up(working, own); err != nil {
			return fmt.Errorf("migrate %s: %w", set.Name, errors.Join(context.Cause(working), err))
		}
	}
	return nil
}

func (m Migrations) up(ctx context.Context, db *sql.DB) error {
	files := m.Files
	if folder, err := fs.Stat(files, "migrations"); err == nil && folder.IsDir() {
		if files, err = fs.Sub(files, "migrations"); err != nil {
			return err
		}
	}
	store, err := database.NewStore(database.DialectPostgres, "schema_versions_"+m.Name)
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(database.DialectCustom, db, files,
		goose.WithStore(store), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

// migrationWait bounds how long a start waits for another process that migrates.
const migrationWait = 5 * time.Minute

// lockTimeout bounds how long a migration waits for a table, because later statements queue behind
// it.
const lockTimeout = 30 * time.Second

// forMigrations opens a separate pool without the statement timeout: rewriting a large table takes
// longer.
func (db *DB) forMigrations() *sql.DB {
	config := db.pool.Config().ConnConfig
	config.RuntimeParams["statement_timeout"] = "0"
	config.RuntimeParams["lock_timeout"] = milliseconds(lockTimeout)
	config.Tracer = otelpgx.NewTracer() // without answerTimeout
	return stdlib.OpenDB(*config)
}

var _ Querier = (*sql.DB)(nil)
