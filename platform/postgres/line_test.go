package postgres_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/platform/testkit/netfault"
)

const key = 4711

func TestALockIsHeldByOneAndGivenBack(t *testing.T) {
	url := testkit.Postgres(t)
	db, other := open(t, url), open(t, url)
	first, err := db.Lock(t.Context(), key)
	require.NoError(t, err)
	elsewhere, err := db.Lock(t.Context(), key+1)
	require.NoError(t, err)
	elsewhere.Unlock()

	waiting, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = other.Lock(waiting, key)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	working, cancel := first.While(t.Context())
	defer cancel()
	require.NoError(t, working.Err())
	first.Unlock()
	second, err := other.Lock(t.Context(), key)
	require.NoError(t, err)
	second.Unlock()
}

func TestAHolderWhoseSessionEndsIsTold(t *testing.T) {
	t.Parallel()
	db := open(t, testkit.Postgres(t))
	lock, err := db.Lock(t.Context(), key)
	require.NoError(t, err)
	defer lock.Unlock()
	working, cancel := lock.While(t.Context())
	defer cancel()
	run(t, db, `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
	testkit.Eventually(t, "the holder to be told", func() bool { return working.Err() != nil })
	require.ErrorIs(t, context.Cause(working), postgres.ErrLockLost)
}

// The server and the holder both live; the line between them is silent.
func TestALockWhoseHolderIsCutOffGoesToAnother(t *testing.T) {
	t.Parallel()
	url := testkit.Postgres(t)
	line := netfault.New(t, url)
	holder, err := open(t, line.URL()).Lock(t.Context(), key)
	require.NoError(t, err)
	defer holder.Unlock()
	working, cancel := holder.While(t.Context())
	defer cancel()
	line.Silence()
	waiting, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	other, err := open(t, url).Lock(waiting, key)
	require.NoError(t, err, "the server lets go of the lock of a holder it hears nothing of")
	defer other.Unlock()
	assert.ErrorIs(t, context.Cause(working), postgres.ErrLockLost, "the holder has stopped before another begins")
	line.Cut()
}

func TestARowThatWasLockedOverASilentLineIsFreeAgain(t *testing.T) {
	t.Parallel()
	url := testkit.Postgres(t)
	db := open(t, url)
	require.NoError(t, postgres.Migrate(t.Context(), db, accounts))
	line := netfault.New(t, url)
	far, err := open(t, line.URL()).SQL.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = far.ExecContext(t.Context(), `UPDATE accounts SET amount = 7 WHERE id = 1`)
	require.NoError(t, err)
	line.Silence()
	// Within the statement's own bound, 30 s.
	run(t, db, `UPDATE accounts SET amount = amount + 1 WHERE id = 1`)
	assert.EqualValues(t, 1, amount(t, db, 1), "what was cut off is rolled back")
	line.Cut()
	_ = far.Rollback()
}

// Idle connections whose line fell silent are found out by a ping, and all at once: one after the
// other they would take a request for a minute.
func TestAPoolWhoseLineFellSilentSaysSoAndWorksAgainAfterwards(t *testing.T) {
	t.Parallel()
	line := netfault.New(t, testkit.Postgres(t))
	db := open(t, line.URL())
	var all sync.WaitGroup
	for range 15 {
		all.Go(func() { run(t, db, `SELECT pg_sleep(0.5)`) })
	}
	all.Wait()
	used := time.Now()
	testkit.Eventually(t, "the connections to be idle long enough to be pinged", func() bool { return time.Since(used) > 1100*time.Millisecond })
	line.Silence()
	begun := time.Now()
	_, err := db.SQL.ExecContext(context.Background(), `SELECT 1`) // a caller without a deadline
	require.Error(t, err)
	assert.True(t, postgres.Unavailable(err), "%v", err)
	assert.Less(t, time.Since(begun), 45*time.Second, "not one after the other")
	line.Heal()
	testkit.Eventually(t, "the pool to work again", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err := db.SQL.ExecContext(ctx, `SELECT 1`)
		return err == nil
	})
}

// A migration is under way when its line falls silent.
func TestAMigratorThatIsCutOffDoesNotKeepTheNextOneOut(t *testing.T) {
	t.Parallel()
	url := testkit.Postgres(t)
	line := netfault.New(t, url)
	cutOff := open(t, line.URL())
	first := make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		first <- postgres.Migrate(ctx, cutOff, migration("-- +goose Up\nSELECT pg_sleep(3600);\n"))
	}()
	db := open(t, url)
	testkit.Eventually(t, "the migration to be at work", func() bool {
		var working bool
		require.NoError(t, db.SQL.QueryRowContext(t.Context(), `SELECT EXISTS (SELECT FROM pg_stat_activity
			WHERE datname = current_database() AND query LIKE '%pg_sleep(3600)%' AND pid <> pg_backend_pid())`).Scan(&working))
		return working
	})
	line.Silence()
	next, cancelNext := context.WithTimeout(t.Context(), time.Minute)
	defer cancelNext()
	require.NoError(t, postgres.Migrate(next, db, accounts))
	cancel()
	line.Cut()
	require.Error(t, <-first)
}
