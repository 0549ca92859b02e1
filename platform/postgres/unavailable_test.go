package postgres_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/platform/testkit/netfault"
)

// Each failure is made on a real server, and what was asked is good.
func TestADatabaseThatDoesNotWorkJustNowIsUnavailable(t *testing.T) {
	databaseURL := testkit.Postgres(t)
	db := open(t, databaseURL)
	require.NoError(t, postgres.Migrate(t.Context(), db, accounts))
	for what, failure := range map[string]func(*testing.T) error{
		"takes no writes": func(t *testing.T) error {
			return failing(t, db, `SET TRANSACTION READ ONLY`, `UPDATE accounts SET amount = 1`)
		},
		"another transaction has the rows": func(t *testing.T) error {
			other, err := db.SQL.BeginTx(t.Context(), nil)
			require.NoError(t, err)
			defer other.Rollback()
			_, err = other.ExecContext(t.Context(), `UPDATE accounts SET amount = 1`)
			require.NoError(t, err)
			return failing(t, db, `SET LOCAL lock_timeout = 10`, `UPDATE accounts SET amount = 1`)
		},
		"too slow": func(t *testing.T) error {
			return failing(t, db, `SET LOCAL statement_timeout = 10`, `SELECT pg_sleep(60)`)
		},
		"an administrator ended the session": func(t *testing.T) error {
			return failing(t, db, `SELECT pg_terminate_backend(pg_backend_pid())`)
		},
		"idle in a transaction for too long": func(t *testing.T) error {
			tx, err := db.SQL.BeginTx(t.Context(), nil)
			require.NoError(t, err)
			defer tx.Rollback()
			var session int
			require.NoError(t, tx.QueryRowContext(t.Context(), `SELECT pg_backend_pid() FROM set_config('idle_in_transaction_session_timeout', '10', true)`).Scan(&session))
			testkit.Eventually(t, "the server to end the session", func() bool { return !lives(t, db, session) })
			_, err = tx.ExecContext(t.Context(), `SELECT 1`)
			return err
		},
		"the caller's deadline passed": func(t *testing.T) error {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			defer cancel()
			return db.InTx(ctx, func(ctx context.Context, tx *postgres.Tx) error {
				_, err := tx.ExecContext(ctx, `SELECT pg_sleep(60)`)
				return err
			})
		},
		"the transaction was rolled back at the caller's deadline": func(t *testing.T) error {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			defer cancel()
			return db.InTx(ctx, func(ctx context.Context, tx *postgres.Tx) error {
				<-ctx.Done()
				var err error
				testkit.Eventually(t, "the transaction to be over", func() bool {
					_, err = tx.ExecContext(context.WithoutCancel(ctx), `SELECT 1`)
					return err != nil
				})
				return err
			})
		},
		"the line is cut in a transaction": func(t *testing.T) error {
			line := netfault.New(t, databaseURL)
			far := open(t, line.URL())
			return far.InTx(t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
				line.Cut()
				_, err := tx.ExecContext(ctx, `SELECT 1`)
				return err
			})
		},
		"nobody listens": func(t *testing.T) error {
			line := netfault.New(t, databaseURL)
			far := open(t, line.URL())
			line.Cut()
			_, err := far.SQL.ExecContext(t.Context(), `SELECT 1`)
			return err
		},
		"the role may not log in just now": func(t *testing.T) error {
			role := "no_room_" + strings.ReplaceAll(t.Name(), "/", "_")
			role = fmt.Sprintf("%.40s_%d", strings.ToLower(role), time.Now().UnixNano())
			run(t, db, `CREATE ROLE "`+role+`" LOGIN PASSWORD 'x'`)
			t.Cleanup(func() { run(t, db, `DROP ROLE "`+role+`"`) })
			parsed, err := url.Parse(databaseURL)
			require.NoError(t, err)
			parsed.User = url.UserPassword(role, "x")
			one := open(t, parsed.String())
			run(t, db, `ALTER ROLE "`+role+`" CONNECTION LIMIT 0`)
			run(t, db, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '`+role+`'`)
			testkit.Eventually(t, "its sessions to end", func() bool {
				_, err = one.SQL.ExecContext(t.Context(), `SELECT 1`)
				return err != nil && strings.Contains(err.Error(), "53300")
			})
			return err
		},
	} {
		t.Run(what, func(t *testing.T) {
			err := failure(t)
			require.Error(t, err)
			assert.True(t, postgres.Unavailable(err), "%v", err)
		})
	}
}

func TestWhatIsWrongWithAStatementIsNotTheDatabaseBeingAway(t *testing.T) {
	db := open(t, testkit.Postgres(t))
	require.NoError(t, postgres.Migrate(t.Context(), db, accounts))
	run(t, db, `ALTER TABLE accounts ADD CHECK (amount >= 0)`)
	for _, statement := range []string{
		`INSERT INTO accounts VALUES (1, 0)`,
		`INSERT INTO accounts VALUES (3, -1)`,
		`INSERT INTO accounts VALUES (3, NULL)`,
		`SELECT * FROM nowhere`,
		`SELECT 1 / 0`,
		`SELECT 'x'::int`,
		`SELECT '\u0000'::jsonb ->> 0`,
		`nonsense`,
	} {
		_, err := db.SQL.ExecContext(t.Context(), statement)
		require.Error(t, err, statement)
		assert.False(t, postgres.Unavailable(err), "%s: %v", statement, err)
	}
	assert.False(t, postgres.Unavailable(nil))
	assert.False(t, postgres.Unavailable(errors.New("else")))
	assert.False(t, postgres.Unavailable(context.Canceled), "who cancels knows why")
	assert.False(t, postgres.Unavailable(fmt.Errorf("a document that ends too early: %w", io.ErrUnexpectedEOF)))
	assert.False(t, postgres.Unavailable(fmt.Errorf("read: %w", new(json.SyntaxError))))
}

func TestStatesThatATestCannotMake(t *testing.T) {
	for code, away := range map[string]bool{
		"08006": true, "25006": true, "40001": true, "40P01": true, "53100": true, "53200": true,
		"57P01": true, "57P02": true, "57P03": true, "58030": true,
		"22P02": false, "23505": false, "42501": false, "42P01": false, "57P04": false, "XX000": false, "XX001": false, "": false,
	} {
		assert.Equal(t, away, postgres.Unavailable(fmt.Errorf("reserve: %w", &pgconn.PgError{Code: code})), code)
	}
}

// failing runs statements in a transaction and returns the error of the last.
func failing(t *testing.T, db *postgres.DB, statements ...string) error {
	t.Helper()
	return db.InTx(t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
		for _, statement := range statements {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
}

func run(t *testing.T, db *postgres.DB, statement string) {
	t.Helper()
	_, err := db.SQL.ExecContext(context.WithoutCancel(t.Context()), statement)
	require.NoError(t, err, statement)
}

// lives tells whether the session of a process id is there.
func lives(t *testing.T, db *postgres.DB, session int) (there bool) {
	t.Helper()
	require.NoError(t, db.SQL.QueryRowContext(t.Context(), `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1)`, session).Scan(&there))
	return there
}
