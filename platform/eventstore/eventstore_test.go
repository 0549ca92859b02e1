package eventstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/eventstore"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/testkit"
)

var noon = time.Date(2010, 12, 1, 12, 0, 0, 0, time.UTC)

type placed struct {
	N int `json:"n"`
}

func events(n int) []eventstore.NewEvent {
	made := make([]eventstore.NewEvent, n)
	for i := range made {
		made[i] = eventstore.NewEvent{Type: "Placed", Data: placed{i}, OccurredAt: noon}
	}
	return made
}

func newStore(t *testing.T) (*eventstore.Store, *postgres.DB) {
	t.Helper()
	return storeAt(t, testkit.Postgres(t))
}

func storeAt(t *testing.T, url string) (*eventstore.Store, *postgres.DB) {
	t.Helper()
	db, err := postgres.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	require.NoError(t, postgres.Migrate(t.Context(), db, eventstore.Migrations))
	return eventstore.New(db), db
}

// running runs a component until the test ends.
func running(t *testing.T, run func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var ended sync.WaitGroup
	ended.Go(func() { assert.NoError(t, run(ctx)) })
	t.Cleanup(func() { cancel(); ended.Wait() })
}

// log notes what a subscription was handed.
type log struct {
	mu     sync.Mutex
	events []eventstore.Event
}

func (l *log) handle(_ context.Context, events []eventstore.Event) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, events...)
	return nil
}

func (l *log) read() []eventstore.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]eventstore.Event(nil), l.events...)
}

func TestAStreamIsReadAsItWasWritten(t *testing.T) {
	store, _ := newStore(t)
	version, err := store.Append(t.Context(), "order-1", 0, events(2)...)
	require.NoError(t, err)
	assert.EqualValues(t, 2, version)
	version, err = store.Append(t.Context(), "order-1", 2, events(1)...)
	require.NoError(t, err)
	assert.EqualValues(t, 3, version)

	read, err := store.Load(t.Context(), "order-1")
	require.NoError(t, err)
	require.Len(t, read, 3)
	for i, event := range read {
		assert.EqualValues(t, i+1, event.Version)
		assert.Equal(t, "Placed", event.Type)
		assert.Equal(t, noon, event.OccurredAt)
		assert.NotEmpty(t, event.ID)
	}
	assert.JSONEq(t, `{"n":1}`, string(read[1].Data))

	none, err := store.Load(t.Context(), "order-2")
	require.NoError(t, err)
	assert.Empty(t, none)
}

func TestAWriterWhoExpectsAnotherVersionIsToldSoAndWritesNothing(t *testing.T) {
	store, _ := newStore(t)
	_, err := store.Append(t.Context(), "order-1", 0, events(2)...)
	require.NoError(t, err)
	for _, expected := range []int64{0, 1, 3, 7} {
		_, err := store.Append(t.Context(), "order-1", expected, events(1)...)
		require.ErrorIs(t, err, eventstore.ErrConflict, "expected %d", expected)
	}
	read, err := store.Load(t.Context(), "order-1")
	require.NoError(t, err)
	assert.Len(t, read, 2)
}

func TestAnEventWithoutATypeIsNotStored(t *testing.T) {
	store, _ := newStore(t)
	_, err := store.Append(t.Context(), "order-1", 0, append(events(1), eventstore.NewEvent{Data: 1, OccurredAt: time.Now()})...)
	require.ErrorContains(t, err, "append to order-1: an event with data of int has no type")
	read, err := store.Load(t.Context(), "order-1")
	require.NoError(t, err)
	assert.Empty(t, read)
}

func TestOfManyWritersAtOneVersionOneWins(t *testing.T) {
	store, _ := newStore(t)
	var all sync.WaitGroup
	won := make(chan struct{}, 20)
	for range 20 {
		all.Go(func() {
			_, err := store.Append(t.Context(), "order-1", 0, events(2)...)
			if err == nil {
				won <- struct{}{}
			} else {
				assert.ErrorIs(t, err, eventstore.ErrConflict)
			}
		})
	}
	all.Wait()
	assert.Len(t, won, 1)
}

// The trap: a transaction takes its number early and commits late. A reader that follows the
// numbers has gone past it by then.
func TestAnEventThatCommitsLateIsNotMissed(t *testing.T) {
	store, db := newStore(t)
	var seen log
	running(t, store.Sequence)
	running(t, func(ctx context.Context) error {
		return store.Subscribe(ctx, eventstore.Subscription{Name: "reader", Handle: seen.handle})
	})

	early, err := db.SQL.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer early.Rollback()
	insert(t, early, "early", 1)
	_, err = store.Append(t.Context(), "late", 0, events(1)...)
	require.NoError(t, err)
	testkit.Eventually(t, "the event that committed first", func() bool { return len(seen.read()) == 1 })
	require.NoError(t, early.Commit())
	testkit.Eventually(t, "the event that committed later but was numbered earlier", func() bool { return len(seen.read()) == 2 })

	assert.Equal(t, "late", seen.read()[0].Stream)
	assert.Equal(t, "early", seen.read()[1].Stream)
}

// The other trap: ordering by transaction puts version 2 before version 1 when the second writer's
// transaction began first.
func TestAStreamKeepsItsOrderWhenTransactionsOverlap(t *testing.T) {
	store, db := newStore(t)
	second, err := db.SQL.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer second.Rollback()
	var xid string // the second writer's transaction is older than the first one's
	require.NoError(t, second.QueryRowContext(t.Context(), `SELECT pg_current_xact_id()::text`).Scan(&xid))
	_, err = store.Append(t.Context(), "order-1", 0, events(1)...)
	require.NoError(t, err)
	insert(t, second, "order-1", 2)
	require.NoError(t, second.Commit())

	var seen log
	running(t, store.Sequence)
	running(t, func(ctx context.Context) error {
		return store.Subscribe(ctx, eventstore.Subscription{Name: "reader", Handle: seen.handle})
	})
	testkit.Eventually(t, "both events", func() bool { return len(seen.read()) == 2 })
	assert.EqualValues(t, 1, seen.read()[0].Version)
	assert.EqualValues(t, 2, seen.read()[1].Version)
}

// A snapshot's xmin stands still while any transaction of the cluster is open.
func TestAnOpenTransactionElsewhereDoesNotHoldSubscribersUp(t *testing.T) {
	store, db := newStore(t)
	open, err := db.SQL.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer open.Rollback()
	insert(t, open, "never-committed", 1)

	var seen log
	running(t, store.Sequence)
	running(t, func(ctx context.Context) error {
		return store.Subscribe(ctx, eventstore.Subscription{Name: "reader", Handle: seen.handle})
	})
	_, err = store.Append(t.Context(), "order-1", 0, events(3)...)
	require.NoError(t, err)
	testkit.Eventually(t, "the committed events", func() bool { return len(seen.read()) == 3 })
}

func insert(t *testing.T, tx *sql.Tx, stream string, version int) {
	t.Helper()
	_, err := tx.ExecContext(t.Context(), `
		INSERT INTO events (stream, version, type, data, metadata, occurred_at)
		VALUES ($1, $2, 'Placed', '{"n":0}', '{}', now())`, stream, version)
	require.NoError(t, err)
}

func TestEverySubscriberSeesEveryEventOnceInOneOrderWithoutGaps(t *testing.T) {
	const streams, writers, perStream = 40, 8, 12
	url := testkit.Postgres(t)
	store, _ := storeAt(t, url)
	other, _ := storeAt(t, url) // a second process
	var here, there log
	for _, s := range []*eventstore.Store{store, other} {
		running(t, s.Sequence)
	}
	running(t, func(ctx context.Context) error {
		return store.Subscribe(ctx, eventstore.Subscription{Name: "here", Batch: 7, Handle: here.handle})
	})
	running(t, func(ctx context.Context) error {
		return other.Subscribe(ctx, eventstore.Subscription{Name: "there", Handle: there.handle})
	})

	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			from := []*eventstore.Store{store, other}[w%2]
			for i := w; i < streams; i += writers {
				stream := fmt.Sprintf("order-%d", i)
				for version := int64(0); version < perStream; version += 2 {
					_, err := from.Append(t.Context(), stream, version, events(2)...)
					assert.NoError(t, err)
				}
			}
		})
	}
	all.Wait()
	for name, seen := range map[string]*log{"here": &here, "there": &there} {
		testkit.Eventually(t, name+" to see all", func() bool { return len(seen.read()) >= streams*perStream })
		versions := map[string]int64{}
		for i, event := range seen.read() {
			require.EqualValues(t, i+1, event.Position, "positions have no gaps")
			versions[event.Stream]++
			require.Equal(t, versions[event.Stream], event.Version, "a stream's events come in order")
		}
	}
	assert.Equal(t, len(here.read()), len(there.read()))
}

func TestABatchThatFailsComesAgainAndTheCheckpointSurvivesARestart(t *testing.T) {
	store, _ := newStore(t)
	running(t, store.Sequence)
	_, err := store.Append(t.Context(), "order-1", 0, events(4)...)
	require.NoError(t, err)

	var seen log
	tries := 0
	first, stop := context.WithCancel(t.Context())
	require.NoError(t, store.Subscribe(first, eventstore.Subscription{Name: "reader", Batch: 2, Handle: func(ctx context.Context, events []eventstore.Event) error {
		tries++
		if tries == 2 {
			return errors.New("the read store does not answer")
		}
		defer func() {
			if len(seen.read()) == 4 {
				stop()
			}
		}()
		return seen.handle(ctx, events)
	}}))
	require.Len(t, seen.read(), 4, "two, an error, the two that failed")

	_, err = store.Append(t.Context(), "order-1", 4, events(1)...)
	require.NoError(t, err)
	running(t, func(ctx context.Context) error {
		return store.Subscribe(ctx, eventstore.Subscription{Name: "reader", Handle: seen.handle})
	})
	testkit.Eventually(t, "the event after the restart", func() bool { return len(seen.read()) == 5 })
	for i, event := range seen.read() {
		assert.EqualValues(t, i+1, event.Version, "nothing twice, nothing left out")
	}
	testkit.Eventually(t, "the checkpoint to be at the head", func() bool {
		position, head, err := store.Progress(t.Context(), "reader")
		return err == nil && head == 5 && position == head
	})
}

func TestOneReaderOfANameIsActiveAndAnotherTakesOver(t *testing.T) {
	url := testkit.Postgres(t)
	store, _ := storeAt(t, url)
	standby, _ := storeAt(t, url)
	running(t, store.Sequence)

	var active, waiting log
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- store.Subscribe(ctx, eventstore.Subscription{Name: "publisher", Handle: active.handle})
	}()
	_, err := store.Append(t.Context(), "order-1", 0, events(1)...)
	require.NoError(t, err)
	testkit.Eventually(t, "the first reader to be active", func() bool { return len(active.read()) == 1 })

	running(t, func(ctx context.Context) error {
		return standby.Subscribe(ctx, eventstore.Subscription{Name: "publisher", Handle: waiting.handle})
	})
	_, err = store.Append(t.Context(), "order-1", 1, events(1)...)
	require.NoError(t, err)
	testkit.Eventually(t, "the first reader to go on", func() bool { return len(active.read()) == 2 })
	assert.Empty(t, waiting.read())

	stop()
	require.NoError(t, <-ended)
	_, err = store.Append(t.Context(), "order-1", 2, events(1)...)
	require.NoError(t, err)
	testkit.Eventually(t, "the standby to take over", func() bool { return len(waiting.read()) == 1 })
	assert.EqualValues(t, 3, waiting.read()[0].Version)
}
