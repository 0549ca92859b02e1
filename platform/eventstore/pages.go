package eventstore

import (
	"context"
	"fmt"

	"github.com/ordersaga/ordersaga/platform/postgres"
)

// Streams returns the names of at most limit streams after a name, in the order of their names; ""
// is before the first. Streams whose events are not sequenced yet are included.
func (s *Store) Streams(ctx context.Context, after string, limit int) ([]string, error) {
	// Every stream has a version 1, and the unique index on (stream, version) is in their order.
	streams, err := postgres.Select(ctx, s.db.SQL, name, `
		SELECT stream FROM events WHERE version = 1 AND stream > $1 ORDER BY stream LIMIT $2`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list %d streams after %q: %w", limit, after, err)
	}
	return streams, nil
}

// Opened returns the names of the streams whose first event has a position p with from <= p < to,
// in the order of these positions.
func (s *Store) Opened(ctx context.Context, from, to int64) ([]string, error) {
	streams, err := postgres.Select(ctx, s.db.SQL, name, `
		SELECT stream FROM events WHERE position >= $1 AND position < $2 AND version = 1 ORDER BY position`, from, to)
	if err != nil {
		return nil, fmt.Errorf("list streams opened from position %d to %d: %w", from, to, err)
	}
	return streams, nil
}

// LoadMany reads streams in one statement, each in the order of its versions. A stream that does
// not exist is not in the result.
func (s *Store) LoadMany(ctx context.Context, streams []string) (map[string][]Event, error) {
	events, err := query(ctx, s.db.SQL, `events WHERE stream = ANY($1) ORDER BY stream, version`, streams)
	if err != nil {
		return nil, fmt.Errorf("load %d streams: %w", len(streams), err)
	}
	loaded := make(map[string][]Event, len(streams))
	for _, event := range events {
		loaded[event.Stream] = append(loaded[event.Stream], event)
	}
	return loaded, nil
}

func name(s *string) []any { return []any{s} }

// Changed names the streams of at most limit events behind a position, and the position of the last
// of these; after itself when there are none.
func (s *Store) Changed(ctx context.Context, after int64, limit int) (streams []string, upTo int64, err error) {
	type change struct {
		stream   string
		position int64
	}
	changes, err := postgres.Select(ctx, s.db.SQL, func(c *change) []any { return []any{&c.stream, &c.position} }, `
		SELECT stream, max(position)
		FROM (SELECT stream, position FROM events WHERE position > $1 ORDER BY position LIMIT $2) AS next
		GROUP BY stream ORDER BY stream`, after, limit)
	if err != nil {
		return nil, 0, fmt.Errorf("list the streams that changed after position %d: %w", after, err)
	}
	upTo = after
	for _, c := range changes {
		streams, upTo = append(streams, c.stream), max(upTo, c.position)
	}
	return streams, upTo, nil
}

// Head is the position that the newest event has or will have, 0 in an empty log.
func (s *Store) Head(ctx context.Context) (head int64, err error) {
	_, head, err = s.Progress(ctx, "")
	return head, err
}
