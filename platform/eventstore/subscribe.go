package eventstore

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"time"

	"github.com/ordersaga/ordersaga/platform/batch"
	"github.com/ordersaga/ordersaga/platform/postgres"
)

const (
	// handleTimeout bounds one batch of a subscriber.
	handleTimeout = 30 * time.Second
	// pollTimeout bounds a look at the log: a line that falls silent meanwhile is given up.
	pollTimeout = 10 * time.Second
	// batchEvents is the most events handled at once, unless a subscription says otherwise, and
	// batchBytes the size of their data at which a batch is full.
	batchEvents = 500
	batchBytes  = 4 << 20
)

// Subscription is a named reader of all events.
type Subscription struct {
	// Name keeps the checkpoint.
	Name string
	// Batch is the most events handled at once; 0 means 500. A batch ends with the event with which
	// it has 4 MiB of data, and one that fails or takes longer than 15 s is followed by smaller
	// ones (see package batch).
	Batch int
	// Handle takes the events in order of position, for a reader whose state is not in the log's
	// database. It sees each batch at least once: after an error, or a crash before the checkpoint,
	// it comes again. Its context is not cancelled by a stop, so that it can finish, but ends after
	// 30 s. Streams that it cannot read it leaves to a Deferred.
	Handle func(ctx context.Context, events []Event) error
	// Apply is Handle for a reader whose state is in the log's database. What it writes by tx is
	// committed together with the checkpoint, or not at all: each batch is applied once, and a
	// reader that lost its place to another cannot write over what its successor wrote. A
	// subscription has one of the two.
	Apply func(ctx context.Context, tx *postgres.Tx, events []Event) error
}

// errOvertaken says that another process has read on under the same name.
var errOvertaken = errors.New("another process reads this subscription")

// Subscribe hands events to the subscription until the context ends. Of all processes that
// subscribe under a name one is active; the others take over when it goes away, or when its line to
// the database falls silent (see postgres.Lock).
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
	var pause backoff
	for ctx.Err() == nil {
		err := s.read(ctx, &reader{Store: s, sub: sub, limit: limit, pause: &pause})
		if ctx.Err() != nil {
			break
		}
		slog.WarnContext(ctx, "subscription stopped and will be resumed", "subscription", sub.Name, "error", err)
		pause.wait(ctx)
	}
	return nil
}

// read lets a reader follow the log while it has the subscription's lock.
func (s *Store) read(ctx context.Context, r *reader) error {
	lock, err := s.db.Lock(ctx, lockOf(r.sub.Name))
	if err != nil {
		return err
	}
	defer lock.Unlock()
	reading, cancel := lock.While(ctx)
	defer cancel()
	// A stop does not interrupt a batch, the loss of the lock does.
	handling, cancel := lock.While(context.WithoutCancel(ctx))
	defer cancel()
	if err := r.follow(reading, handling); err != nil && reading.Err() == nil {
		return err
	}
	return context.Cause(reading)
}

// Progress tells how far a subscription has come and where the log ends; the difference is how many
// events it is behind. Deferred is how many streams it has left aside.
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
