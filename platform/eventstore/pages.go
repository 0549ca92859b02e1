package eventstore

import (
	"context"
	"fmt"

	"github.com/ordersaga/ordersaga/platform/postgres"
)

// Streams names at most limit streams that come after a name, in the order of their names; after ""
// is from the start. Streams whose events are not sequenced yet are among them.
func (s *Store) Streams(ctx context.Context, after string, limit int) ([]string, error) {
	// Every stream has a version 1, and the unique index on (stream, version) gives them in order.
	streams, err := names(ctx, s.db.SQL, `
		SELECT stream FROM events WHERE version = 1 AND stream > $1 ORDER BY stream LIMIT $2`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list %d streams after %q: %w", limit, after, err)
	}
	return streams, nil
}

// Opened names the streams whose first event has a position from one up to, not with, another, in
// the order of these positions.
func (s *Store) Opened(ctx context.Context, from, to int64) ([]string, error) {
	streams, err := names(ctx, s.db.SQL, `
		SELECT stream FROM events WHERE position >= $1 AND position < $2 AND version = 1 ORDER BY position`, from, to)
	if err != nil {
		return nil, fmt.Errorf("list streams opened from position %d to %d: %w", from, to, err)
	}
	return streams, nil
}

// LoadMany reads streams in one statement, each in the order of its versions. A stream that does
// not exist is not in the answer.
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

func names(ctx context.Context, q postgres.Querier, statement string, args ...any) ([]string, error) {
	rows, err := q.QueryContext(ctx, statement, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		found = append(found, name)
	}
	return found, rows.Err()
}
