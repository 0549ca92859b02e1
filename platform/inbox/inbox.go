// Package inbox makes a consumer's change happen once per event although events are delivered at
// least once: the event's id is written in the transaction of the change it causes, so both are
// kept or neither is.
package inbox

import (
	"context"
	"embed"
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/platform/postgres"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations has the inbox's table.
var Migrations = postgres.Migrations{Name: "inbox", Files: files}

// Once tells, in the consumer's transaction, whether it sees the event for the first time. When it
// does not, the change was made and committed before, and the consumer has nothing to do. While
// another transaction handles the same event, Once waits for its end.
//
// Ids must be unique among all events that the consumer gets, as UUIDs are.
func Once(ctx context.Context, q postgres.Querier, consumer, eventID string) (first bool, err error) {
	result, err := q.ExecContext(ctx,
		"INSERT INTO inbox (consumer, event_id) VALUES ($1, $2) ON CONFLICT DO NOTHING", consumer, eventID)
	if err != nil {
		return false, fmt.Errorf("mark event %s in the inbox of %s: %w", eventID, consumer, err)
	}
	inserted, err := result.RowsAffected()
	if err != nil {
		return false, fmt.Errorf("mark event %s in the inbox of %s: %w", eventID, consumer, err)
	}
	return inserted == 1, nil
}

// Fresh is Once for a batch: it returns the ids seen for the first time. An id that is twice in the
// batch is there once, so a caller that goes through its events takes each id out when it handles
// it.
func Fresh(ctx context.Context, q postgres.Querier, consumer string, eventIDs ...string) (map[string]bool, error) {
	// Sorted, so that two overlapping batches wait for each other, not for ever.
	rows, err := q.QueryContext(ctx, `
INSERT INTO inbox (consumer, event_id)
SELECT $1, id FROM unnest($2::text[]) AS given (id) ORDER BY id
ON CONFLICT DO NOTHING RETURNING event_id`, consumer, eventIDs)
	if err != nil {
		return nil, fmt.Errorf("mark %d events in the inbox of %s: %w", len(eventIDs), consumer, err)
	}
	defer rows.Close()
	fresh := make(map[string]bool, len(eventIDs))
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("mark %d events in the inbox of %s: %w", len(eventIDs), consumer, err)
		}
		fresh[id] = true
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("mark %d events in the inbox of %s: %w", len(eventIDs), consumer, err)
	}
	return fresh, nil
}

// pruneBatch bounds the rows one statement of Prune deletes.
const pruneBatch = 10_000

// Prune forgets the events handled longer ago than keep, and returns how many. What is forgotten
// and then delivered again, say from a dead-letter queue, is handled again: keep must be longer
// than anything lies there. Weeks are usual.
func Prune(ctx context.Context, q postgres.Querier, keep time.Duration) (forgotten int64, err error) {
	for {
		result, err := q.ExecContext(ctx, `
DELETE FROM inbox WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM inbox WHERE handled_at < now() - make_interval(secs => $1) LIMIT $2))`, keep.Seconds(), pruneBatch)
		if err != nil {
			return forgotten, fmt.Errorf("prune the inbox: %w", err)
		}
		deleted, err := result.RowsAffected()
		if err != nil {
			return forgotten, fmt.Errorf("prune the inbox: %w", err)
		}
		forgotten += deleted
		if deleted < pruneBatch {
			return forgotten, nil
		}
	}
}
