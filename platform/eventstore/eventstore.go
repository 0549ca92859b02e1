// Package eventstore keeps streams of events in PostgreSQL and lets subscribers follow all of them
// in one order without gaps.
//
// A stream's order is guarded by UNIQUE (stream, version). The order of all events is harder:
// transactions do not commit in the order in which they number their rows, so a reader of a serial
// column skips rows that commit late; transaction ids do not survive a dump and restore, and a
// snapshot stalls while any transaction of the cluster stays open. So events get their position
// after they are committed, from one sequencer at a time (see Sequence). Positions have no gaps,
// and a stream's events get theirs in the order of their versions.
//
// The log is its own outbox: publishers and projectors are subscriptions with checkpoints.
package eventstore

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"

	"github.com/ordersaga/ordersaga/platform/postgres"
)

// ErrConflict means that a stream is not at the version the writer expected.
var ErrConflict = errors.New("the stream has moved on")

// NewEvent is an event to append.
type NewEvent struct {
	Type string
	// Data encodes to a JSON object.
	Data any
	// OccurredAt is when it happened, which may be before it is recorded.
	OccurredAt time.Time
}

// Event is a recorded event.
type Event struct {
	// ID is the same wherever the event is read: a name-based UUID of stream and version.
	ID     string
	Stream string
	// Version counts from 1 within the stream.
	Version int64
	// Position counts from 1 over all streams. It is 0 until the event is sequenced.
	Position   int64
	Type       string
	Data       json.RawMessage
	Metadata   map[string]string
	OccurredAt time.Time
	RecordedAt time.Time
}

// Context returns ctx within the trace that appended the event.
func (e Event) Context(ctx context.Context) context.Context {
	return otel.GetTextMapPropagator().Extract(ctx, propagation.MapCarrier(e.Metadata))
}

//go:embed migrations/*.sql
var files embed.FS

// Migrations has the store's tables.
var Migrations = postgres.Migrations{Name: "eventstore", Files: files}

// Store is an event store in one database.
type Store struct {
	db        *postgres.DB
	appended  *bell
	sequenced *bell
}

// New opens the store; its tables must have been migrated.
func New(db *postgres.DB) *Store {
	return &Store{db: db, appended: newBell(), sequenced: newBell()}
}

// Append writes events after the expected version of a stream, all or none, and returns the
// stream's new version. Expected 0 means that the stream must not exist. ErrConflict means that
// another writer was faster: load the stream and decide again.
func (s *Store) Append(ctx context.Context, stream string, expected int64, events ...NewEvent) (int64, error) {
	if len(events) == 0 {
		return expected, nil
	}
	types := make([]string, len(events))
	data := make([]string, len(events))
	times := make([]time.Time, len(events))
	for i, event := range events {
		if event.Type == "" { // nobody could read it
			return 0, fmt.Errorf("append to %s: an event with data of %T has no type", stream, event.Data)
		}
		encoded, err := json.Marshal(event.Data)
		if err != nil {
			return 0, fmt.Errorf("append %s to %s: %w", event.Type, stream, err)
		}
		types[i], data[i], times[i] = event.Type, string(encoded), event.OccurredAt.UTC()
	}
	metadata, err := traceOf(ctx)
	if err != nil {
		return 0, fmt.Errorf("append to %s: %w", stream, err)
	}
	// The subquery writes only after a committed version, so a stream's rows are numbered (seq) in
	// the order of their versions, which the sequencer relies on.
	result, err := s.db.SQL.ExecContext(ctx, `
		INSERT INTO events (stream, version, type, data, metadata, occurred_at)
		SELECT $1, $2::bigint + new.n, new.type, new.data::jsonb, $3::jsonb, new.at
		FROM unnest($4::text[], $5::text[], $6::timestamptz[]) WITH ORDINALITY AS new (type, data, at, n)
		WHERE (SELECT coalesce(max(version), 0) FROM events WHERE stream = $1) = $2::bigint
		ORDER BY new.n`,
		stream, expected, metadata, types, data, times)
	if postgres.IsUniqueViolation(err, "events_stream_version") {
		return 0, fmt.Errorf("append to %s at version %d: %w", stream, expected, ErrConflict)
	}
	if err != nil {
		return 0, fmt.Errorf("append to %s at version %d: %w", stream, expected, err)
	}
	rows, err := result.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("append to %s at version %d: %w", stream, expected, err)
	}
	if rows == 0 {
		return 0, fmt.Errorf("append to %s at version %d: %w", stream, expected, ErrConflict)
	}
	s.appended.ring()
	return expected + rows, nil
}

// Load reads a stream in the order of its versions; without events there is no such stream.
func (s *Store) Load(ctx context.Context, stream string) ([]Event, error) {
	events, err := query(ctx, s.db.SQL, `events WHERE stream = $1 ORDER BY version`, stream)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", stream, err)
	}
	return events, nil
}

// query reads events from a table expression: "events WHERE …".
func query(ctx context.Context, q postgres.Querier, from string, args ...any) ([]Event, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT stream, version, coalesce(position, 0), type, data, metadata, occurred_at, recorded_at
		FROM `+from, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var events []Event
	for rows.Next() {
		var event Event
		var data, metadata []byte
		err := rows.Scan(&event.Stream, &event.Version, &event.Position, &event.Type, &data, &metadata,
			&event.OccurredAt, &event.RecordedAt)
		if err != nil {
			return nil, err
		}
		event.ID = id(event.Stream, event.Version)
		event.Data = data
		event.OccurredAt, event.RecordedAt = event.OccurredAt.UTC(), event.RecordedAt.UTC()
		if err := json.Unmarshal(metadata, &event.Metadata); err != nil {
			return nil, fmt.Errorf("metadata of %s version %d: %w", event.Stream, event.Version, err)
		}
		events = append(events, event)
	}
	return events, rows.Err()
}

// namespace of the events' name-based ids: any fixed UUID.
var namespace = uuid.MustParse("5f0c9d2e-6f0b-4c57-9d0e-2a6f6a1c7b11")

func id(stream string, version int64) string {
	return uuid.NewSHA1(namespace, fmt.Appendf(nil, "%s/%d", stream, version)).String()
}

func traceOf(ctx context.Context) (string, error) {
	carrier := propagation.MapCarrier{}
	otel.GetTextMapPropagator().Inject(ctx, carrier)
	encoded, err := json.Marshal(carrier)
	return string(encoded), err
}
