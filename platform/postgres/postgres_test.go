package postgres_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/testkit"
)

func open(t *testing.T, url string) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func TestAWrongURLStopsTheStartWithALineThatNamesItAndNotThePassword(t *testing.T) {
	for _, url := range []string{
		"postgres://shop:secret@127.0.0.1:1/shop", // nobody listens
		"postgres://shop:secret@127.0.0.1:port/shop",
		"host=127.0.0.1 password=secret port=1",
	} {
		_, err := postgres.Open(t.Context(), url)
		require.Error(t, err, url)
		assert.Contains(t, err.Error(), "DATABASE_URL", url)
		assert.NotContains(t, err.Error(), "secret", url)
		assert.NotContains(t, err.Error(), "\n", "one line")
	}
}

// migration is a service's first one.
func migration(statements string) postgres.Migrations {
	return postgres.Migrations{Name: "service", Files: fstest.MapFS{"00001_first.sql": {Data: []byte(statements)}}}
}

var accounts = migration(`-- +goose Up
CREATE TABLE accounts (id int PRIMARY KEY, amount bigint NOT NULL);
INSERT INTO accounts VALUES (1, 0), (2, 0);
`)

// block is a building block's, in a folder of its own.
var block = postgres.Migrations{Name: "block", Files: fstest.MapFS{
	"migrations/00001_block.sql": {Data: []byte("-- +goose Up\nCREATE TABLE block (id int);\n")},
}}

func TestSeveralProcessesMayMigrateAtOnce(t *testing.T) {
	url := testkit.Postgres(t)
	var all sync.WaitGroup
	for range 4 {
		db := open(t, url)
		all.Go(func() {
			assert.NoError(t, postgres.Migrate(t.Context(), db, accounts, block))
		})
	}
	all.Wait()
}

func TestAMigrationMayTakeLongAndNotWaitLong(t *testing.T) {
	db := open(t, testkit.Postgres(t))
	require.NoError(t, postgres.Migrate(t.Context(), db, migration(`-- +goose Up
CREATE TABLE bounds AS SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock;
`)))
	var statement, lock, daily string
	require.NoError(t, db.SQL.QueryRowContext(t.Context(), `SELECT statement, lock, current_setting('statement_timeout') FROM bounds`).
		Scan(&statement, &lock, &daily))
	assert.Equal(t, "0", statement, "a large table may be rewritten")
	assert.Equal(t, "30s", lock)
	assert.Equal(t, "30s", daily, "what is not a migration stays bounded")
}

func TestATransactionHasBothDoorsAndCommitsOrRollsBackAsOne(t *testing.T) {
	db := open(t, testkit.Postgres(t))
	require.NoError(t, postgres.Migrate(t.Context(), db, accounts))
	both := func(ctx context.Context, tx *postgres.Tx) error {
		if err := tx.Exec(`UPDATE accounts SET amount = amount + ? WHERE id = 1`, 5).Error; err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE accounts SET amount = amount + $1 WHERE id = 1`, 7)
		return err
	}
	require.NoError(t, db.InTx(t.Context(), both))
	assert.EqualValues(t, 12, amount(t, db, 1))
	broken := errors.New("broken")
	require.ErrorIs(t, db.InTx(t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
		return errors.Join(both(ctx, tx), broken)
	}), broken)
	assert.EqualValues(t, 12, amount(t, db, 1), "both doors are rolled back")
}

func TestADeadlockIsTriedAgain(t *testing.T) {
	db := open(t, testkit.Postgres(t))
	require.NoError(t, postgres.Migrate(t.Context(), db, accounts))
	var held, all sync.WaitGroup
	held.Add(2)
	tries := make(chan int, 10)
	for _, order := range [][]int{{1, 2}, {2, 1}} {
		all.Go(func() {
			first := true
			assert.NoError(t, db.InTx(t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
				tries <- 1
				for i, id := range order {
					if _, err := tx.ExecContext(ctx, `UPDATE accounts SET amount = amount + 1 WHERE id = $1`, id); err != nil {
						return err
					}
					if i == 0 && first { // both hold one row before either wants the other's
						first = false
						held.Done()
						held.Wait()
					}
				}
				return nil
			}))
		})
	}
	all.Wait()
	assert.EqualValues(t, 2, amount(t, db, 1))
	assert.EqualValues(t, 2, amount(t, db, 2))
	assert.Greater(t, len(tries), 2, "PostgreSQL broke the deadlock and one was tried again")
}

func TestSlicesPassAsArrays(t *testing.T) {
	db := open(t, testkit.Postgres(t))
	var joined string
	err := db.SQL.QueryRowContext(t.Context(), `SELECT string_agg(sku || ':' || quantity, ' ' ORDER BY sku)
		FROM unnest($1::text[], $2::bigint[]) AS line (sku, quantity)`, []string{"b", "a"}, []int64{2, 1}).Scan(&joined)
	require.NoError(t, err)
	assert.Equal(t, "a:1 b:2", joined)
}

func amount(t *testing.T, db *postgres.DB, id int) (amount int64) {
	t.Helper()
	require.NoError(t, db.SQL.QueryRowContext(t.Context(), `SELECT amount FROM accounts WHERE id = $1`, id).Scan(&amount))
	return amount
}

// Nothing migrates down: to go back is to start the older program.
func TestAnOlderVersionStartsOnNewerTables(t *testing.T) {
	db := open(t, testkit.Postgres(t))
	older := fstest.MapFS{"00001_first.sql": {Data: []byte("-- +goose Up\nCREATE TABLE first (id int);\n")}}
	newer := fstest.MapFS{"00001_first.sql": older["00001_first.sql"], "00002_second.sql": {Data: []byte("-- +goose Up\nCREATE TABLE second (id int);\n")}}
	require.NoError(t, postgres.Migrate(t.Context(), db, postgres.Migrations{Name: "service", Files: newer}))
	require.NoError(t, postgres.Migrate(t.Context(), db, postgres.Migrations{Name: "service", Files: older}))
}
