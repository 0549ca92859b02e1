package barrier_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/barrier"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/platform/testkit"
)

var step = barrier.Step{OrderID: "order-1", Saga: "place-order", Instance: "order-1", Name: "reserve-stock"}

// till is a service with one number in its database.
type till struct {
	t  *testing.T
	db *postgres.DB
}

func newTill(t *testing.T) *till {
	t.Helper()
	ctx := t.Context()
	db, err := postgres.Open(ctx, testkit.Postgres(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	require.NoError(t, postgres.Migrate(ctx, db, barrier.Migrations))
	_, err = db.SQL.ExecContext(ctx, `CREATE TABLE till (amount bigint NOT NULL); INSERT INTO till VALUES (0)`)
	require.NoError(t, err)
	return &till{t: t, db: db}
}

type receipt struct {
	Amount int64 `json:"amount"`
}

func (s *till) put(ctx context.Context, step barrier.Step, then error) (receipt, error) {
	return barrier.Do(ctx, s.db, step, barrier.Fingerprint("one of two"), func(ctx context.Context, tx *postgres.Tx) (receipt, error) {
		var r receipt
		if err := tx.QueryRowContext(ctx, `UPDATE till SET amount = amount + 10 RETURNING amount`).Scan(&r.Amount); err != nil {
			return r, err
		}
		return r, then
	})
}

// Two instances of a saga are two: the second shipment is not answered with the first one's.
func TestAnotherInstanceIsAnotherStep(t *testing.T) {
	s := newTill(t)
	second := step
	second.Instance = "instance-2"
	for _, one := range []barrier.Step{step, second, step, second} {
		_, err := s.put(t.Context(), one, nil)
		require.NoError(t, err)
	}
	assert.EqualValues(t, 20, s.amount())
	require.NoError(t, s.takeBack(t.Context(), second))
	assert.EqualValues(t, 10, s.amount(), "the other instance stays")
}

func TestAStepIsNotAnsweredForAnotherRequest(t *testing.T) {
	s := newTill(t)
	_, err := s.put(t.Context(), step, nil)
	require.NoError(t, err)
	_, err = barrier.Do(t.Context(), s.db, step, barrier.Fingerprint("two of two"), func(context.Context, *postgres.Tx) (receipt, error) {
		t.Error("the effect ran again")
		return receipt{}, nil
	})
	refused, ok := refusal.As(err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, barrier.ReasonMismatch, refused.Reason)
	assert.NotEqual(t, barrier.Fingerprint("a", "b"), barrier.Fingerprint("ab"), "parts are kept apart")
}

func (s *till) takeBack(ctx context.Context, step barrier.Step) error {
	return barrier.Undo(ctx, s.db, step, func(ctx context.Context, tx *postgres.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE till SET amount = amount - 10`)
		return err
	})
}

func (s *till) amount() (amount int64) {
	s.t.Helper()
	require.NoError(s.t, s.db.SQL.QueryRowContext(s.t.Context(), `SELECT amount FROM till`).Scan(&amount))
	return amount
}

func TestTheSameDoTwiceTakesEffectOnceAndAnswersAsTheFirstTime(t *testing.T) {
	s := newTill(t)
	first, err := s.put(t.Context(), step, nil)
	require.NoError(t, err)
	other := step
	other.OrderID = "order-2"
	_, err = s.put(t.Context(), other, nil)
	require.NoError(t, err)
	again, err := s.put(t.Context(), step, nil)
	require.NoError(t, err)
	assert.Equal(t, first, again, "the kept answer, not one of today")
	assert.EqualValues(t, 20, s.amount())
}

func TestAFailedDoLeavesNothingBehindAndMayBeTriedAgain(t *testing.T) {
	s := newTill(t)
	_, err := s.put(t.Context(), step, errors.New("the disk is full"))
	require.ErrorContains(t, err, "the disk is full")
	assert.Zero(t, s.amount())
	_, err = s.put(t.Context(), step, nil)
	require.NoError(t, err)
	assert.EqualValues(t, 10, s.amount())
}

func TestARefusalIsKeptSoThatALateAttemptCannotSucceed(t *testing.T) {
	s := newTill(t)
	no := refusal.New("till_full", "the till is full", map[string]int{"room": 3})
	_, err := s.put(t.Context(), step, no)
	require.ErrorIs(t, err, no)
	assert.Zero(t, s.amount(), "a refused effect is taken back")
	// There is room by now, but the saga has gone on: the late attempt of the same step is answered
	// as the first.
	_, err = s.put(t.Context(), step, nil)
	kept, ok := refusal.As(err)
	require.True(t, ok, "got %v", err)
	assert.Equal(t, "till_full", kept.Reason)
	assert.JSONEq(t, `{"room":3}`, string(kept.Details))
	assert.Zero(t, s.amount())
	require.NoError(t, s.takeBack(t.Context(), step), "there is nothing to undo")
	assert.Zero(t, s.amount())
}

func TestAnUndoTakesBackWhatWasDoneOnce(t *testing.T) {
	s := newTill(t)
	_, err := s.put(t.Context(), step, nil)
	require.NoError(t, err)
	require.NoError(t, s.takeBack(t.Context(), step))
	require.NoError(t, s.takeBack(t.Context(), step))
	assert.Zero(t, s.amount())
	_, err = s.put(t.Context(), step, nil)
	undone, ok := refusal.As(err)
	require.True(t, ok, "got %v", err)
	assert.Equal(t, barrier.ReasonUndone, undone.Reason, "what was undone stays undone")
}

func TestAnUndoWithoutItsDoLeavesATombstoneThatRefusesTheLateDo(t *testing.T) {
	s := newTill(t)
	require.NoError(t, s.takeBack(t.Context(), step))
	assert.Zero(t, s.amount(), "nothing was done, so nothing is taken back")
	_, err := s.put(t.Context(), step, nil)
	late, ok := refusal.As(err)
	require.True(t, ok, "got %v", err)
	assert.Equal(t, barrier.ReasonUndone, late.Reason)
	assert.Zero(t, s.amount())
}

func TestAnUndoWaitsForADoThatIsBeingDone(t *testing.T) {
	s := newTill(t)
	inside, finish := make(chan struct{}), make(chan struct{})
	var both sync.WaitGroup
	both.Go(func() {
		_, err := barrier.Do(t.Context(), s.db, step, barrier.Fingerprint("one of two"), func(ctx context.Context, tx *postgres.Tx) (receipt, error) {
			close(inside)
			<-finish
			_, err := tx.ExecContext(ctx, `UPDATE till SET amount = amount + 10`)
			return receipt{}, err
		})
		assert.NoError(t, err)
	})
	<-inside
	both.Go(func() { assert.NoError(t, s.takeBack(t.Context(), step)) })
	testkit.Eventually(t, "the undo to wait for the do's row", func() bool {
		var waiting int
		err := s.db.SQL.QueryRowContext(t.Context(),
			`SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'
			 AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())`).Scan(&waiting)
		return err == nil && waiting == 1
	})
	close(finish)
	both.Wait()
	assert.Zero(t, s.amount(), "done, then undone")
}

func TestManyAtOnceAreOneEffect(t *testing.T) {
	s := newTill(t)
	var all sync.WaitGroup
	for range 30 {
		all.Go(func() {
			r, err := s.put(t.Context(), step, nil)
			assert.NoError(t, err)
			assert.EqualValues(t, 10, r.Amount)
		})
	}
	all.Wait()
	assert.EqualValues(t, 10, s.amount())
}

func TestDoAndUndoAtOnceEndWithNothing(t *testing.T) {
	s := newTill(t)
	for i := range 50 {
		one := step
		one.OrderID = string(rune('a' + i))
		var all sync.WaitGroup
		for range 2 {
			all.Go(func() { _, _ = s.put(t.Context(), one, nil) })
			all.Go(func() { assert.NoError(t, s.takeBack(t.Context(), one)) })
		}
		all.Wait()
	}
	assert.Zero(t, s.amount())
}

func TestAStepWithoutANameIsRefused(t *testing.T) {
	s := newTill(t)
	_, err := s.put(t.Context(), barrier.Step{OrderID: "order-1", Saga: "place-order"}, nil)
	require.ErrorContains(t, err, "needs an order, a saga, its instance and a name")
	require.Error(t, s.takeBack(t.Context(), barrier.Step{Saga: "place-order", Name: "x"}))
}

func TestKeysSortAlikeInEveryDatabase(t *testing.T) {
	testkit.TextKeysAreBytewise(t, newTill(t).db.SQL)
}
