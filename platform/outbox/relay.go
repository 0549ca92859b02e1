package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"

	"github.com/ordersaga/ordersaga/platform/batch"
	"github.com/ordersaga/ordersaga/platform/eventtrace"
	"github.com/ordersaga/ordersaga/platform/pause"
	"github.com/ordersaga/ordersaga/platform/postgres"
)

const (
	// batchSize is how many events are published per wait for the broker.
	batchSize = 500
	// batchBytes bounds a batch of large events, in bytes of JSON.
	batchBytes = 4 << 20
	// batchTimeout bounds one batch. It is above the publisher's own deadline.
	batchTimeout = 25 * time.Second
	// readTimeout bounds reading one batch, also when the connection is silent.
	readTimeout = 10 * time.Second
	// The relay polls after minPoll, and with growing pauses up to maxPoll while the outbox is
	// empty.
	minPoll = 250 * time.Millisecond
	maxPoll = time.Second
	// gather is how long the relay waits for more events after it was woken. A batch costs two
	// statements, a commit and a wait for the broker, however few events are in it.
	gather = 50 * time.Millisecond
	// maxBackoff bounds the pause after a failed batch.
	maxBackoff = 5 * time.Second
	// advisoryLock is the key of the lock that the working relay of a database holds: "outbox" in
	// ASCII.
	advisoryLock = 0x6f7574626f78
)

// Publish sends events in order and returns when the broker has stored them; after an error any of
// them may be missing.
type Publish func(ctx context.Context, events ...cloudevents.Event) error

// Relay moves committed events from one database's outbox to the broker. Any number of processes
// may run one on the same database: one works, and another takes over when it fails, ends, or loses
// its connection (see postgres.Lock).
type Relay struct {
	db      *postgres.DB
	publish Publish
	wake    chan struct{}
	problem atomic.Pointer[string]
}

// NewRelay makes a relay that publishes by publish, such as Broker.Publish. It is woken by the
// transactions of db that append events.
func NewRelay(db *postgres.DB, publish func(ctx context.Context, events ...cloudevents.Event) error) *Relay {
	r := &Relay{db: db, publish: publish, wake: make(chan struct{}, 1)}
	db.OnSignal(r.awake)
	return r
}

// awake makes the relay look now instead of at its next poll, which saves up to a second.
func (r *Relay) awake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run relays until ctx ends, then finishes the batch it has begun and returns nil. Failures are
// logged and retried with growing pauses up to 5 s; meanwhile the events wait in their table.
func (r *Relay) Run(ctx context.Context) error {
	stopMetrics, err := r.observe()
	if err != nil {
		return err
	}
	defer stopMetrics()
	failures := pause.Growing(minPoll, maxBackoff)
	limit := batch.NewLimit(batchSize, batchBytes, batchTimeout)
	for ctx.Err() == nil {
		err := r.work(ctx, limit, func() {
			if r.problem.Swap(nil) != nil {
				slog.InfoContext(ctx, "outbox relay works again")
			}
			failures.Reset()
		})
		if err == nil || ctx.Err() != nil {
			continue
		}
		problem := err.Error()
		if before := r.problem.Swap(&problem); before == nil || *before != problem {
			slog.WarnContext(ctx, "outbox relay failed, its events wait and it tries again", "error", err)
		}
		// A commit does not end this pause: the broker cannot be reached.
		_ = pause.For(ctx, failures.NextBackOff(), nil)
	}
	return nil
}

// work relays batch after batch while this process has the outbox's lock, and calls works after
// each. After a failure the lock is free for another process, which may reach a broker that this
// one does not.
func (r *Relay) work(ctx context.Context, limit *batch.Limit, works func()) error {
	return r.db.Alone(ctx, advisoryLock, func(_, working context.Context) error {
		poll := minPoll
		for ctx.Err() == nil {
			// A stop must not interrupt a batch: its events would be published and not deleted.
			published, full, err := r.batch(working, limit)
			if cause := context.Cause(working); cause != nil {
				return errors.Join(cause, err)
			}
			if err != nil {
				return err
			}
			works()
			if full {
				continue // there are more events
			}
			if published > 0 {
				poll = minPoll
			}
			_ = pause.For(ctx, poll-gather, r.wake)
			_ = pause.For(ctx, gather, nil)
			poll = min(2*poll, maxPoll)
		}
		return nil
	})
}

// batch publishes the oldest events and then deletes them. It returns 0 when there are none; full
// means that the limit left some. A crash between the two publishes again.
func (r *Relay) batch(ctx context.Context, limit *batch.Limit) (published int, full bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, batchTimeout)
	defer cancel()
	quiet := eventtrace.Quiet(ctx)
	ids, events, size, err := r.oldest(quiet, limit)
	if err != nil {
		limit.FailedToRead()
		return 0, false, err
	}
	if len(ids) == 0 {
		return 0, false, nil
	}
	full = len(ids) >= limit.Events() || size >= limit.Bytes()
	began := time.Now()
	if err := r.publish(ctx, events...); err != nil {
		limit.Failed(len(events), size)
		return 0, false, err
	}
	if _, err := r.db.SQL.ExecContext(quiet, "DELETE FROM outbox WHERE id = ANY($1)", ids); err != nil {
		return 0, false, fmt.Errorf("delete %d published events from the outbox: %w", len(ids), err)
	}
	limit.Done(len(events), size, time.Since(began))
	countPublished(ctx, len(ids))
	return len(ids), full, nil
}

// oldest reads the events of one batch, at least one if there is any, and returns their size in
// bytes.
func (r *Relay) oldest(ctx context.Context, limit *batch.Limit) (ids []int64, events []cloudevents.Event, size int, err error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	// The server adds up the sizes, so that only the events of the batch are sent.
	rows, err := r.db.SQL.QueryContext(ctx, `
SELECT id, event FROM (
	SELECT id, event, sum(octet_length(event::text)) OVER (ORDER BY id) - octet_length(event::text) AS before
	FROM (SELECT id, event FROM outbox ORDER BY id LIMIT $1) AS next) AS sized
WHERE before < $2 ORDER BY id`, limit.Events(), limit.Bytes())
	if err != nil {
		return nil, nil, 0, fmt.Errorf("read the outbox: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var encoded []byte
		if err := rows.Scan(&id, &encoded); err != nil {
			return nil, nil, 0, fmt.Errorf("read the outbox: %w", err)
		}
		var event cloudevents.Event
		if err := json.Unmarshal(encoded, &event); err != nil {
			return nil, nil, 0, fmt.Errorf("outbox row %d is not a CloudEvent: %w", id, err)
		}
		ids, events = append(ids, id), append(events, event)
		size += len(encoded)
	}
	if err := rows.Err(); err != nil {
		return nil, nil, 0, fmt.Errorf("read the outbox: %w", err)
	}
	return ids, events, size, nil
}
