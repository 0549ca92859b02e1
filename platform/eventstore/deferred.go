package eventstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/text"
)

// Deferred is a set of streams that a subscriber defers because it cannot read them: after a
// roll-back the log may have events of types that only the newer version can read. All events of
// such a stream wait, from the first unreadable one on, so that the order within the stream is
// kept; other streams continue. When a process next starts to read the subscription, as a newer
// version does, it gets the deferred events.
//
// A subscriber adds what it cannot read, handles the rest of the batch, and returns Err.
type Deferred struct{ streams map[string]deferral }

// deferral is the position from which a stream waits, and the reason.
type deferral struct {
	position int64
	reason   error
}

// Add defers the event's stream from the event on, unless it was deferred from an earlier one.
func (d *Deferred) Add(event Event, reason error) {
	if d.streams == nil {
		d.streams = map[string]deferral{}
	}
	if earlier, there := d.streams[event.Stream]; !there || event.Position < earlier.position {
		d.streams[event.Stream] = deferral{event.Position, reason}
	}
}

// Has tells whether a stream was deferred.
func (d *Deferred) Has(stream string) bool {
	if d == nil {
		return false
	}
	_, there := d.streams[stream]
	return there
}

// Err returns the error with which Handle or Apply reports deferred streams after it has handled
// the rest of the batch; nil when none was deferred.
func (d *Deferred) Err() error {
	if len(d.streams) == 0 {
		return nil
	}
	return deferredError{d}
}

type deferredError struct{ deferred *Deferred }

func (e deferredError) Error() string {
	for stream, d := range e.deferred.streams {
		return fmt.Sprintf("%d streams cannot be read, such as %s: %v", len(e.deferred.streams), stream, d.reason)
	}
	return ""
}

// deferredBy returns the deferred streams that a subscriber's error carries, or the error.
func deferredBy(returned error) (*Deferred, error) {
	var left deferredError
	if errors.As(returned, &left) {
		return left.deferred, nil
	}
	return nil, returned
}

// maxReason bounds a kept reason, in characters.
const maxReason = 1000

// keep writes the deferred streams in the transaction of the checkpoint.
func (d *Deferred) keep(ctx context.Context, tx *postgres.Tx, subscription string) error {
	if d == nil || len(d.streams) == 0 {
		return nil
	}
	var streams, reasons []string
	var positions []int64
	for _, stream := range slices.Sorted(maps.Keys(d.streams)) {
		streams = append(streams, stream)
		positions = append(positions, d.streams[stream].position)
		reasons = append(reasons, text.Line(d.streams[stream].reason.Error(), maxReason))
	}
	_, err := tx.ExecContext(ctx, `
		INSERT INTO deferred_streams (subscription, stream, position, reason)
		SELECT $1, * FROM unnest($2::text[], $3::bigint[], $4::text[])
		ON CONFLICT (subscription, stream) DO UPDATE SET position = excluded.position, reason = excluded.reason`,
		subscription, streams, positions, reasons)
	if err != nil {
		return fmt.Errorf("defer %d streams: %w", len(streams), err)
	}
	return nil
}

// catchUp gives the subscriber the deferred events, stream by stream, in the order in which they
// were deferred. Streams that still cannot be read stay deferred.
func (r *reader) catchUp(reading, handling context.Context) error {
	streams := slices.SortedFunc(maps.Keys(r.deferred), func(a, b string) int { return cmp.Compare(r.deferred[a], r.deferred[b]) })
	for _, stream := range streams {
		if reading.Err() != nil {
			return nil
		}
		if err := r.catchUpWith(reading, handling, stream); err != nil {
			return fmt.Errorf("catch up with stream %s: %w", stream, err)
		}
	}
	return nil
}

func (r *reader) catchUpWith(reading, handling context.Context, stream string) error {
	from := r.deferred[stream]
	polling, cancel := context.WithTimeout(reading, pollTimeout)
	defer cancel()
	events, err := query(polling, r.db.SQL, `events WHERE stream = $1 AND position BETWEEN $2 AND $3 ORDER BY position`, stream, from, r.position)
	if err != nil {
		return err
	}
	deferred, err := r.deliver(handling, events, r.position, func(ctx context.Context, tx *postgres.Tx) error {
		result, err := tx.ExecContext(ctx, `DELETE FROM deferred_streams WHERE subscription = $1 AND stream = $2 AND position = $3`,
			r.sub.Name, stream, from)
		if err != nil {
			return err
		}
		if rows, err := result.RowsAffected(); err != nil || rows != 1 {
			return errors.Join(errOvertaken, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if deferred.Has(stream) {
		r.deferred[stream] = deferred.streams[stream].position
		return nil
	}
	delete(r.deferred, stream)
	slog.InfoContext(handling, "a deferred stream is read again", "subscription", r.sub.Name, "stream", stream, "position", from)
	return nil
}

// deferredStreams reads the deferred streams of a subscription, with their positions.
func (s *Store) deferredStreams(ctx context.Context, subscription string) (map[string]int64, error) {
	rows, err := postgres.Select(ctx, s.db.SQL, func(e *Event) []any { return []any{&e.Stream, &e.Position} },
		`SELECT stream, position FROM deferred_streams WHERE subscription = $1`, subscription)
	deferred := make(map[string]int64, len(rows))
	for _, row := range rows {
		deferred[row.Stream] = row.Position
	}
	return deferred, err
}
