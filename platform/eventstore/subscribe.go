package eventstore

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"time"

	"github.com/ordersaga/ordersaga/platform/postgres"
)

const (
	// handleTimeout bounds one batch of a subscriber.
	handleTimeout = 30 * time.Second
	// pollTimeout bounds a look at the log: a line that falls silent meanwhile is
	// given up.
	pollTimeout = 10 * time.Second
)

// Subscription is a named reader of all events.
type Subscription struct {
	// Name keeps the checkpoint.
	Name string
	// Batch is the most events handled at once; 0 means 500.
	Batch int
	// Handle takes the events in order of position, for a reader whose state is
	// not in the log's database. It sees each batch at least once: after an error,
	// or a crash before the checkpoint, it comes again. Its context is not
	// cancelled by a stop, so that it can finish, but ends after 30 s.
	Handle func(ctx context.Context, events []Event) error
	// Apply is Handle for a reader whose state is in the log's database. What it
	// writes by tx is committed together with the checkpoint, or not at all: each
	// batch is applied once, and a reader that lost its place to another cannot
	// write over what its successor wrote. A subscription has one of the two.
	Apply func(ctx context.Context, tx *postgres.Tx, events []Event) error
}

// errOvertaken says that another process has read on under the same name.
var errOvertaken = errors.New("another process reads this subscription")

// Subscribe hands events to the subscription until the context ends. Of all
// processes that subscribe under a name one is active; the others take over when
// it goes away, or when its line to the database falls silent (see postgres.Lock).
func (s *Store) Subscribe(ctx context.Context, sub Subscription) error {
	if sub.Batch <= 0 {
		sub.Batch = 500
	}
	stop, err := s.observe(sub.Name)
	if err != nil {
		return err
	}
	defer stop()
	var pause backoff
	for ctx.Err() == nil {
		err := s.read(ctx, sub, &pause)
		if ctx.Err() != nil {
			break
		}
		slog.WarnContext(ctx, "subscription stopped and will be resumed", "subscription", sub.Name, "error", err)
		pause.wait(ctx)
	}
	return nil
}

// read follows the log while it has the subscription's lock.
func (s *Store) read(ctx context.Context, sub Subscription, pause *backoff) error {
	lock, err := s.db.Lock(ctx, lockOf(sub.Name))
	if err != nil {
		return fmt.Errorf("subscription %s: %w", sub.Name, err)
	}
	defer lock.Unlock()
	reading, cancel := lock.While(ctx)
	defer cancel()
	// A stop does not interrupt a batch, the loss of the lock does.
	handling, cancel := lock.While(context.WithoutCancel(ctx))
	defer cancel()
	if err := s.follow(reading, handling, sub, pause); err != nil && reading.Err() == nil {
		return err
	}
	return fmt.Errorf("subscription %s: %w", sub.Name, context.Cause(reading))
}

// follow handles batch after batch, until reading ends or something fails.
func (s *Store) follow(reading, handling context.Context, sub Subscription, pause *backoff) error {
	position, err := s.checkpoint(reading, sub.Name)
	if err != nil {
		return err
	}
	for reading.Err() == nil {
		heard := s.sequenced.listen()
		events, err := s.next(reading, sub, position)
		if err != nil {
			return err
		}
		if len(events) == 0 {
			waitFor(reading, heard, idlePoll)
			continue
		}
		if err := s.handle(handling, sub, position, events); err != nil {
			return err
		}
		position = events[len(events)-1].Position
		pause.reset()
	}
	return nil
}

// next reads the batch behind a position.
func (s *Store) next(ctx context.Context, sub Subscription, position int64) ([]Event, error) {
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	events, err := query(ctx, s.db.SQL, `WHERE position > $1 ORDER BY position LIMIT $2`, position, sub.Batch)
	if err != nil {
		return nil, fmt.Errorf("subscription %s after %d: %w", sub.Name, position, err)
	}
	return events, nil
}

// handle gives a batch to the subscriber and moves the checkpoint.
func (s *Store) handle(ctx context.Context, sub Subscription, position int64, events []Event) error {
	ctx, cancel := context.WithTimeout(ctx, handleTimeout)
	defer cancel()
	last := events[len(events)-1].Position
	apply := sub.Apply
	if apply == nil {
		if err := sub.Handle(ctx, events); err != nil {
			return fmt.Errorf("subscription %s, events %d to %d: %w", sub.Name, events[0].Position, last, err)
		}
		apply = func(context.Context, *postgres.Tx, []Event) error { return nil }
	}
	return s.db.InTx(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		// The checkpoint first: its row is locked until the commit, so of two
		// readers one waits here for the other and then finds itself overtaken.
		if err := advance(ctx, tx, sub.Name, position, last); err != nil {
			return err
		}
		if err := apply(ctx, tx, events); err != nil {
			return fmt.Errorf("subscription %s, events %d to %d: %w", sub.Name, events[0].Position, last, err)
		}
		return nil
	})
}

// advance moves a checkpoint, only from where this reader stood: should its lock
// have been lost with its session, the new reader's checkpoint is not overwritten.
func advance(ctx context.Context, tx *postgres.Tx, name string, from, to int64) error {
	result, err := tx.ExecContext(ctx, `UPDATE subscriptions SET position = $1 WHERE name = $2 AND position = $3`, to, name, from)
	if err != nil {
		return fmt.Errorf("subscription %s: checkpoint %d: %w", name, to, err)
	}
	if rows, err := result.RowsAffected(); err != nil || rows != 1 {
		return errors.Join(fmt.Errorf("subscription %s: the checkpoint is not %d any more and does not move to %d: %w",
			name, from, to, errOvertaken), err)
	}
	return nil
}

// Progress tells how far a subscription has come and where the log ends; the
// difference is how many events it is behind.
func (s *Store) Progress(ctx context.Context, name string) (position, head int64, err error) {
	err = s.db.SQL.QueryRowContext(ctx, `
		SELECT coalesce((SELECT position FROM subscriptions WHERE name = $1), 0),
			(SELECT coalesce(max(position), 0) FROM events) + (SELECT count(*) FROM events WHERE position IS NULL)`,
		name).Scan(&position, &head)
	if err != nil {
		return 0, 0, fmt.Errorf("progress of subscription %s: %w", name, err)
	}
	return position, head, nil
}

func (s *Store) checkpoint(ctx context.Context, name string) (position int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	_, err = s.db.SQL.ExecContext(ctx, `INSERT INTO subscriptions (name) VALUES ($1) ON CONFLICT DO NOTHING`, name)
	if err == nil {
		err = s.db.SQL.QueryRowContext(ctx, `SELECT position FROM subscriptions WHERE name = $1`, name).Scan(&position)
	}
	if err != nil {
		return 0, fmt.Errorf("checkpoint of subscription %s: %w", name, err)
	}
	return position, nil
}

// lockOf is the key of a subscription's lock.
func lockOf(name string) int64 {
	hash := fnv.New64a()
	hash.Write([]byte("eventstore/subscription/" + name))
	return int64(hash.Sum64())
}
