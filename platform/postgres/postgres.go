// Package postgres opens one connection pool with two interfaces: GORM for entities and plain SQL
// for set-based and frequent statements, both in the same transaction.
package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	gormpostgres "gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

const (
	// pingTimeout bounds the first connection: a start must fail, not hang.
	pingTimeout = 10 * time.Second
	// statementTimeout is the server's bound for one statement. It is much longer than any
	// statement takes and frees the locks of one that hangs.
	statementTimeout = 30 * time.Second
	// idleInTransactionTimeout frees the locks of a process that stopped or lost its connection
	// during a transaction. Our transactions wait only for their own statements.
	idleInTransactionTimeout = 10 * time.Second
	// maxConns is per process; four services and their tests share a server.
	maxConns = 20
)

// Querier runs plain SQL. *sql.DB, *sql.Tx and Tx are all Queriers.
type Querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// DB is a connection pool: GORM for entities, SQL for statements.
type DB struct {
	*gorm.DB
	SQL  *sql.DB
	pool *pgxpool.Pool
	// signalled are called after the commit of a transaction that was signalled.
	signalled []func()
}

// OnSignal lets f be called after each commit of a transaction that Signal was called of. f must not
// block. It is called before the first transaction begins.
func (db *DB) OnSignal(f func()) { db.signalled = append(db.signalled, f) }

// Open connects to the database of a URL and waits until it answers, at most 10 s. It refuses a
// database that does not meet the requirements (see about.lack). Its errors name DATABASE_URL,
// never the password.
func Open(ctx context.Context, databaseURL string) (*DB, error) {
	config, err := pgxpool.ParseConfig(databaseURL)
	if err != nil {
		return nil, errors.New("DATABASE_URL is not a PostgreSQL URL like postgres://user:password@host:5432/database")
	}
	config.MaxConns = max(config.MaxConns, maxConns)
	config.ConnConfig.ConnectTimeout = pingTimeout
	config.ConnConfig.DialFunc = dial
	config.ConnConfig.Tracer = tracer{otelpgx.NewTracer()}
	config.ConnConfig.RuntimeParams["statement_timeout"] = milliseconds(statementTimeout)
	config.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = milliseconds(idleInTransactionTimeout)
	maps.Copy(config.ConnConfig.RuntimeParams, serverNotices())
	maps.Copy(config.ConnConfig.RuntimeParams, session())
	var pool *pgxpool.Pool
	config.ShouldPing = pingIdle(func() *pgxpool.Pool { return pool })
	pool, err = pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, unreachable(config.ConnConfig, err)
	}
	pingCtx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	if err := pool.Ping(pingCtx); err != nil {
		pool.Close()
		return nil, unreachable(config.ConnConfig, err)
	}
	sqlDB := stdlib.OpenDBFromPool(pool)
	// The pgx pool keeps the idle connections; a second pool would keep them from users of the
	// first.
	sqlDB.SetMaxIdleConns(0)
	gormDB, err := gorm.Open(gormpostgres.New(gormpostgres.Config{Conn: sqlDB}), &gorm.Config{
		Logger:                 logger.Discard,
		SkipDefaultTransaction: true,
		TranslateError:         true,
		NowFunc:                func() time.Time { return time.Now().UTC() },
	})
	if err != nil {
		pool.Close()
		return nil, unreachable(config.ConnConfig, err)
	}
	db := &DB{DB: gormDB, SQL: sqlDB, pool: pool}
	if err := db.refuseLack(pingCtx); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

func (db *DB) refuseLack(ctx context.Context) error {
	a, err := db.about(ctx)
	if err == nil {
		err = a.lack()
	}
	if err != nil {
		return fmt.Errorf("DATABASE_URL: %w", err)
	}
	return nil
}

// Close waits until all connections are returned and closes them.
func (db *DB) Close() error {
	err := db.SQL.Close()
	db.pool.Close()
	return err
}

// Ready returns nil when the database answers.
func (db *DB) Ready(ctx context.Context) error {
	if err := db.pool.Ping(ctx); err != nil {
		return fmt.Errorf("PostgreSQL: %w", err)
	}
	return nil
}

// Tx is one transaction with both interfaces.
type Tx struct {
	*gorm.DB
	Querier
	signal bool
}

// Signal lets the functions of DB.OnSignal be called, once, when the transaction has committed.
func (tx *Tx) Signal() { tx.signal = true }

// attempts bounds the tries of a transaction that deadlocks or cannot be serialized.
const attempts = 4

// InTx runs do in one READ COMMITTED transaction: commits when it returns nil, rolls back
// otherwise. After a deadlock or serialization failure it is run again from the start, so do must
// not keep results of a failed try.
func (db *DB) InTx(ctx context.Context, do func(ctx context.Context, tx *Tx) error) error {
	for attempt := 1; ; attempt++ {
		var tx *Tx
		err := db.WithContext(ctx).Transaction(func(begun *gorm.DB) error {
			tx = &Tx{DB: begun, Querier: begun.Statement.ConnPool}
			return do(ctx, tx)
		})
		if err == nil && tx.signal {
			for _, f := range db.signalled {
				f()
			}
		}
		if err != nil && ctx.Err() != nil {
			// database/sql has rolled back, and a statement's error says only that the transaction
			// is done.
			return fmt.Errorf("%w: %w", err, context.Cause(ctx))
		}
		if err == nil || attempt == attempts || !lostRace(err) {
			return err
		}
	}
}

func lostRace(err error) bool {
	var pgErr *pgconn.PgError
	const serializationFailure, deadlockDetected = "40001", "40P01"
	return errors.As(err, &pgErr) && (pgErr.Code == serializationFailure || pgErr.Code == deadlockDetected)
}

// IsUniqueViolation reports whether a statement failed on the named unique constraint, or on any
// when the name is empty.
func IsUniqueViolation(err error, constraint string) bool {
	var pgErr *pgconn.PgError
	const uniqueViolation = "23505"
	return errors.As(err, &pgErr) && pgErr.Code == uniqueViolation &&
		(constraint == "" || pgErr.ConstraintName == constraint)
}

func milliseconds(d time.Duration) string { return fmt.Sprint(d.Milliseconds()) }

// unreachable makes an error of one line with the address and without the password.
func unreachable(config *pgx.ConnConfig, err error) error {
	// The driver lists each attempt on its own line.
	reason := strings.Join(strings.Fields(err.Error()), " ")
	return fmt.Errorf("no answer from PostgreSQL at DATABASE_URL (user %s, host %s, port %d, database %s): %s",
		config.User, config.Host, config.Port, config.Database, reason)
}
