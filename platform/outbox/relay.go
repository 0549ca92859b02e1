package outbox

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v5"
	cloudevents "github.com/cloudevents/sdk-go/v2/event"

	"github.com/ordersaga/ordersaga/platform/eventtrace"
	"github.com/ordersaga/ordersaga/platform/postgres"
)

const (
	// batchSize is how many events are published per wait for the broker.
	batchSize = 500
	// batchBytes bounds a batch of large events, in bytes of JSON.
	batchBytes = 4 << 20
	// batchTimeout bounds one batch. It is above the publisher's own deadline and
	// below the server's bound for an idle transaction.
	batchTimeout = 25 * time.Second
	// The relay looks each minPoll after it found something, and ever less often
	// until maxPoll while there is nothing.
	minPoll = 250 * time.Millisecond
	maxPoll = time.Second
	// maxBackoff bounds the pause after a failed batch.
	maxBackoff = 5 * time.Second
	// advisoryLock is the key of the lock that one relay of a database holds
	// while it works on a batch: "outbox" in ASCII.
	advisoryLock = 0x6f7574626f78
)

// Publish sends events in order and returns when they are safe; after an error
// none of them is known to be.
type Publish func(ctx context.Context, events ...cloudevents.Event) error

// Relay moves committed events from one database's outbox to the broker. Any
// number of processes may run one on the same database: they take turns.
type Relay struct {
	db      *postgres.DB
	publish Publish
	wake    chan struct{}
}

// NewRelay makes a relay that publishes by publish, such as a broker's Publish.
func NewRelay(db *postgres.DB, publish func(ctx context.Context, events ...cloudevents.Event) error) *Relay {
	return &Relay{db: db, publish: publish, wake: make(chan struct{}, 1)}
}

// Wake makes the relay look now instead of at its next poll. Called after the
// commit of an Append it saves up to a second; it never blocks.
func (r *Relay) Wake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run relays until ctx ends, then finishes the batch it has begun and returns
// nil. Failures are logged and tried again with growing pauses up to 5 s: while
// the broker is away the events wait in their table.
func (r *Relay) Run(ctx context.Context) error {
	stopMetrics, err := r.observe()
	if err != nil {
		return err
	}
	defer stopMetrics()
	pause := minPoll
	failures := backoff.NewExponentialBackOff()
	failures.InitialInterval, failures.MaxInterval, failures.Multiplier = minPoll, maxBackoff, 2
	logged := ""
	for ctx.Err() == nil {
		// Stopping must not tear a batch: it would be published and kept.
		published, err := r.batch(context.WithoutCancel(ctx))
		switch {
		case err != nil:
			if err.Error() != logged {
				logged = err.Error()
				slog.WarnContext(ctx, "outbox relay failed, its events wait and are tried again", "error", err)
			}
			// No waking here: it would hammer a broker that is away.
			pauseFor(ctx, failures.NextBackOff(), nil)
			continue
		case logged != "":
			slog.InfoContext(ctx, "outbox relay works again")
			logged = ""
			failures.Reset()
		}
		if published > 0 {
			// There may be more: look again at once.
			pause = minPoll
			continue
		}
		pauseFor(ctx, pause, r.wake)
		pause = min(2*pause, maxPoll)
	}
	return nil
}

// batch publishes the oldest events and deletes them, in one transaction. It
// returns 0 when there are none or another relay is at work. The commit comes
// after the broker's confirms: a crash between the two publishes again.
func (r *Relay) batch(ctx context.Context) (published int, err error) {
	ctx, cancel := context.WithTimeout(ctx, batchTimeout)
	defer cancel()
	quiet := eventtrace.Quiet(ctx)
	err = r.db.InTx(quiet, func(quiet context.Context, tx *postgres.Tx) error {
		published = 0
		var first bool
		if err := tx.QueryRowContext(quiet, "SELECT pg_try_advisory_xact_lock($1)", int64(advisoryLock)).Scan(&first); err != nil {
			return fmt.Errorf("take the outbox lock: %w", err)
		}
		if !first {
			return nil
		}
		ids, events, err := oldest(quiet, tx)
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := r.publish(ctx, events...); err != nil {
			return err
		}
		if _, err := tx.ExecContext(quiet, "DELETE FROM outbox WHERE id = ANY($1)", ids); err != nil {
			return fmt.Errorf("delete %d published events from the outbox: %w", len(ids), err)
		}
		published = len(ids)
		return nil
	})
	if err != nil {
		return 0, err
	}
	countPublished(ctx, published)
	return published, nil
}

// oldest reads the events of one batch, at least one if there is any.
func oldest(ctx context.Context, q postgres.Querier) (ids []int64, events []cloudevents.Event, err error) {
	rows, err := q.QueryContext(ctx, "SELECT id, event FROM outbox ORDER BY id LIMIT $1", batchSize)
	if err != nil {
		return nil, nil, fmt.Errorf("read the outbox: %w", err)
	}
	defer rows.Close()
	for size := 0; size < batchBytes && rows.Next(); {
		var id int64
		var encoded []byte
		if err := rows.Scan(&id, &encoded); err != nil {
			return nil, nil, fmt.Errorf("read the outbox: %w", err)
		}
		var event cloudevents.Event
		if err := json.Unmarshal(encoded, &event); err != nil {
			return nil, nil, fmt.Errorf("outbox row %d is not a CloudEvent: %w", id, err)
		}
		ids, events = append(ids, id), append(events, event)
		size += len(encoded)
	}
	if err := rows.Err(); err != nil {
		return nil, nil, fmt.Errorf("read the outbox: %w", err)
	}
	return ids, events, nil
}

// pauseFor waits for d, or less when ctx ends or something wakes it.
func pauseFor(ctx context.Context, d time.Duration, wake <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-wake:
	case <-timer.C:
	}
}
