package eventstore

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"time"

	"github.com/ordersaga/ordersaga/platform/batch"
	"github.com/ordersaga/ordersaga/platform/pause"
	"github.com/ordersaga/ordersaga/platform/postgres"
)

const (
	// handleTimeout bounds one batch of a subscriber.
	handleTimeout = 30 * time.Second
	// pollTimeout bounds one query of the log, also when the connection is silent.
	pollTimeout = 10 * time.Second
	// batchEvents is the default for the largest number of events in a batch, and batchBytes the
	// size of their data at which a batch is full.
	batchEvents = 500
	batchBytes  = 4 << 20
)

// Subscription is a named reader of all events.
type Subscription struct {
	// Name identifies the checkpoint.
	Name string
	// Batch is the largest number of events handled at once; 0 means 500. A batch also ends with
	// the event that brings its data to 4 MiB. After a batch that fails or takes longer than 15 s
	// the next ones are smaller (see package batch).
	Batch int
	// Handle takes the events in order of position, for a reader whose state is not in the log's
	// database. It gets each batch at least once: again after an error, or after a crash before the
	// checkpoint. Its context is not cancelled by a stop, so that it can finish, but ends after 30
	// s. Streams that it cannot read are added to a Deferred.
	Handle func(ctx context.Context, events []Event) error
	// Apply replaces Handle for a reader whose state is in the log's database. Its writes by tx are
	// committed together with the checkpoint, or not at all: each batch is applied once, and a
	// reader that was replaced by another process cannot overwrite its writes. A subscription has
	// either Handle or Apply.
	Apply func(ctx context.Context, tx *postgres.Tx, events []Event) error
}

// errOvertaken means that another process has moved the checkpoint.
var errOvertaken = errors.New("another process reads this subscription")

// Subscribe gives events to the subscription until the context ends. Of the processes that
// subscribe under one name one is active; another takes over when it ends or loses its connection
// to the database (see postgres.Lock).
func (s *Store) Subscribe(ctx context.Context, sub Subscription) error {
	if sub.Batch <= 0 {
		sub.Batch = batchEvents
	}
	stop, err := s.observe(sub.Name)
	if err != nil {
		return err
	}
	defer stop()
	limit := batch.NewLimit(sub.Batch, batchBytes, handleTimeout)
	failures := pause.Growing(idlePoll, longestPause)
	for ctx.Err() == nil {
		err := s.read(ctx, &reader{Store: s, sub: sub, limit: limit, failures: failures})
		if ctx.Err() != nil {
			break
		}
		slog.WarnContext(ctx, "subscription stopped and will be resumed", "subscription", sub.Name, "error", err)
		_ = pause.For(ctx, failures.NextBackOff(), nil)
	}
	return nil
}

// read follows the log while this process holds the subscription's lock.
func (s *Store) read(ctx context.Context, r *reader) error {
	return s.db.Alone(ctx, lockOf(r.sub.Name), func(reading, handling context.Context) error {
		if err := r.follow(reading, handling); err != nil && reading.Err() == nil {
			return err
		}
		return context.Cause(reading)
	})
}

// Progress returns the checkpoint of a subscription and the end of the log; their difference is the
// number of events not handled yet. See Deferred for the streams it has deferred.
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

// lockOf is the key of a subscription's lock.
func lockOf(name string) int64 {
	hash := fnv.New64a()
	hash.Write([]byte("eventstore/subscription/" + name))
	return int64(hash.Sum64())
}

// HasReached tells whether a subscription has come as far as another one, which stands still until
// the transaction ends.
func HasReached(ctx context.Context, tx *postgres.Tx, name, other string) (reached bool, err error) {
	err = tx.QueryRowContext(ctx, `
		SELECT EXISTS (
			SELECT FROM subscriptions AS s, (SELECT position FROM subscriptions WHERE name = $2 FOR UPDATE) AS other
			WHERE s.name = $1 AND s.position >= other.position)`, name, other).Scan(&reached)
	if err != nil {
		return false, fmt.Errorf("compare subscriptions %s and %s: %w", name, other, err)
	}
	return reached, nil
}

// Forget removes the checkpoint and the deferred streams of a subscription that nobody reads any
// more.
func (s *Store) Forget(ctx context.Context, name string) error {
	err := s.db.InTx(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM deferred_streams WHERE subscription = $1`, name); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM subscriptions WHERE name = $1`, name)
		return err
	})
	if err != nil {
		return fmt.Errorf("forget subscription %s: %w", name, err)
	}
	return nil
}
