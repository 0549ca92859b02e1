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
