package eventstore_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/testkit"
)

// sequencerLock is the key by which sequencers take turns.
const sequencerLock = 0x5e9c3ce5

// Two sequencers at once would give one place to two events; the constraint on the position then
// fails one of them, and who waits for the other holds a connection.
func TestASequencerLeavesAloneWhatAnotherIsNumbering(t *testing.T) {
	store, db := newStore(t)
	early, err := db.SQL.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer early.Rollback()
	insert(t, early, "early", 1)
	_, err = store.Append(t.Context(), "late", 0, events(1)...)
	require.NoError(t, err)

	// The other sequencer, in the middle of its batch, which has not seen the early event.
	other, err := db.SQL.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer other.Rollback()
	_, err = other.ExecContext(t.Context(), `SELECT pg_advisory_xact_lock($1)`, sequencerLock)
	require.NoError(t, err)
	_, err = other.ExecContext(t.Context(), `UPDATE events SET position = 1 WHERE stream = 'late'`)
	require.NoError(t, err)
	require.NoError(t, early.Commit())

	running(t, store.Sequence)
	// For several of its polls, each of which would wait for the other's row.
	assert.Never(t, func() bool {
		var waiting bool
		err := db.SQL.QueryRowContext(t.Context(), `
			SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')`).Scan(&waiting)
		return err == nil && waiting
	}, time.Second, 20*time.Millisecond, "nobody waits for the events that the other one numbers")
	require.NoError(t, other.Commit())

	positions := map[string]int64{}
	testkit.Eventually(t, "both events to be numbered", func() bool {
		for _, stream := range []string{"early", "late"} {
			read, err := store.Load(t.Context(), stream)
			require.NoError(t, err)
			positions[stream] = read[0].Position
		}
		return positions["early"] != 0
	})
	assert.Equal(t, map[string]int64{"late": 1, "early": 2}, positions, "what was numbered stays where it was")
}
