package eventstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/ordersaga/ordersaga/platform/batch"
	"github.com/ordersaga/ordersaga/platform/pause"
	"github.com/ordersaga/ordersaga/platform/postgres"
)

// reader is a subscription's reader while it has the lock.
type reader struct {
	*Store
	sub      Subscription
	limit    *batch.Limit
	failures *backoff.ExponentialBackOff

	position int64
	// deferred has the position from which each deferred stream waits.
	deferred map[string]int64
	// look bounds the events whose size the server adds up for the next batch. It follows the size
	// of the last batch, so that the server does not measure hundreds of large events to send a
	// few.
	look int
}

// follow handles batch after batch, until reading ends or something fails.
func (r *reader) follow(reading, handling context.Context) error {
	if err := r.begin(reading); err != nil {
		return err
	}
	if err := r.catchUp(reading, handling); err != nil {
		return err
	}
	r.look = r.sub.Batch
	for reading.Err() == nil {
		heard, asked := r.sequenced.listen(), time.Now()
		events, size, full, err := r.next(reading)
		if err != nil {
			r.limit.FailedToRead()
			return err
		}
		if len(events) > 0 {
			began := time.Now()
			if err := r.handle(handling, events); err != nil {
				r.limit.Failed(len(events), size)
				return err
			}
			r.limit.Done(len(events), size, time.Since(began))
			r.look = max(2*len(events), 32)
			r.failures.Reset()
		}
		if !full {
			_ = pause.For(reading, idlePoll-time.Since(asked), heard)
		}
	}
	return nil
}

// begin reads the checkpoint and the deferred streams.
func (r *reader) begin(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	_, err := r.db.SQL.ExecContext(ctx, `INSERT INTO subscriptions (name) VALUES ($1) ON CONFLICT DO NOTHING`, r.sub.Name)
	if err == nil {
		err = r.db.SQL.QueryRowContext(ctx, `SELECT position FROM subscriptions WHERE name = $1`, r.sub.Name).Scan(&r.position)
	}
	if err == nil {
		r.deferred, err = r.deferredStreams(ctx, r.sub.Name)
	}
	if err != nil {
		return fmt.Errorf("begin at the checkpoint: %w", err)
	}
	return nil
}

// next reads the batch after the checkpoint: at least one event, if there is any. When it is not
// full there were no more.
func (r *reader) next(ctx context.Context) (events []Event, size int, full bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	most := min(r.limit.Events(), r.look)
	// The server adds up the sizes, so that only the events of the batch are sent.
	events, err = query(ctx, r.db.SQL, `(
		SELECT *, sum(octet_length(data::text)) OVER (ORDER BY position) - octet_length(data::text) AS before
		FROM (SELECT * FROM events WHERE position > $1 ORDER BY position LIMIT $2) AS next) AS sized
		WHERE before < $3 ORDER BY position`, r.position, most, r.limit.Bytes())
	if err != nil {
		return nil, 0, false, fmt.Errorf("read events after %d: %w", r.position, err)
	}
	for _, event := range events {
		size += len(event.Data)
	}
	return events, size, len(events) == most || size >= r.limit.Bytes(), nil
}

// handle gives a batch to the subscriber and moves the checkpoint to its last event.
func (r *reader) handle(ctx context.Context, events []Event) error {
	last := events[len(events)-1].Position
	readable := make([]Event, 0, len(events))
	for _, event := range events {
		if _, waits := r.deferred[event.Stream]; !waits {
			readable = append(readable, event)
		}
	}
	deferred, err := r.deliver(ctx, readable, last, nil)
	if err != nil {
		return fmt.Errorf("events %d to %d: %w", events[0].Position, last, err)
	}
	r.position = last
	if deferred == nil {
		return nil
	}
	for stream, d := range deferred.streams {
		r.deferred[stream] = d.position
		slog.WarnContext(ctx, "a stream cannot be read and is deferred; other streams continue",
			"subscription", r.sub.Name, "stream", stream, "position", d.position, "error", d.reason)
	}
	return nil
}

// deliver gives events to the subscriber and moves the checkpoint. The writes of also, of Apply and
// the deferred streams are committed with the checkpoint; also may be nil.
func (r *reader) deliver(ctx context.Context, events []Event, upTo int64, also func(ctx context.Context, tx *postgres.Tx) error) (*Deferred, error) {
	ctx, cancel := context.WithTimeout(ctx, handleTimeout)
	defer cancel()
	var outside, deferred *Deferred
	if r.sub.Handle != nil && len(events) > 0 {
		var err error
		if outside, err = deferredBy(r.sub.Handle(ctx, events)); err != nil {
			return nil, err
		}
	}
	if r.sub.Apply == nil && outside == nil && also == nil {
		return nil, advance(ctx, r.db.SQL, r.sub.Name, r.position, upTo)
	}
	err := r.db.InTx(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		// The checkpoint goes first: its row is locked until the commit, so of two readers the
		// second waits here and then fails with errOvertaken.
		if err := advance(ctx, tx, r.sub.Name, r.position, upTo); err != nil {
			return err
		}
		if also != nil {
			if err := also(ctx, tx); err != nil {
				return err
			}
		}
		deferred = outside
		if r.sub.Apply != nil && len(events) > 0 {
			var err error
			if deferred, err = deferredBy(r.sub.Apply(ctx, tx, events)); err != nil {
				return err
			}
		}
		return deferred.keep(ctx, tx, r.sub.Name)
	})
	return deferred, err
}

// advance moves a checkpoint by compare-and-set: a reader that lost its lock with its session does
// not overwrite the checkpoint of the next reader.
func advance(ctx context.Context, q postgres.Querier, name string, from, to int64) error {
	result, err := q.ExecContext(ctx, `UPDATE subscriptions SET position = $1 WHERE name = $2 AND position = $3`, to, name, from)
	if err != nil {
		return fmt.Errorf("move the checkpoint to %d: %w", to, err)
	}
	if rows, err := result.RowsAffected(); err != nil || rows != 1 {
		return errors.Join(fmt.Errorf("the checkpoint is no longer %d: %w", from, errOvertaken), err)
	}
	return nil
}
