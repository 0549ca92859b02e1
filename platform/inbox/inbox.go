// Package inbox makes a consumer's change happen once per event although events are delivered at
// least once: the event's id is written in the transaction of the change it causes, so both are
// kept or neither is.
package inbox

import (
	"context"
	"embed"
	"fmt"

	"github.com/ordersaga/ordersaga/platform/postgres"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations has the inbox's table.
var Migrations = postgres.Migrations{Name: "inbox", Files: files}

// Mark records, in the consumer's transaction, that it handles the events, and returns the ids that
// it has not handled before. While another transaction handles one of them, Mark waits for its end.
// An id that is given twice is returned once, so a caller that goes through its events must handle
// each id once.
//
// Ids must be unique among all events that the consumer gets, as UUIDs are.
func Mark(ctx context.Context, q postgres.Querier, consumer string, eventIDs ...string) (map[string]bool, error) {
	// Sorted, so that two overlapping batches do not deadlock.
	ids, err := postgres.Select(ctx, q, func(id *string) []any { return []any{id} }, `
INSERT INTO inbox (consumer, event_id)
SELECT $1, id FROM unnest($2::text[]) AS given (id) ORDER BY id
ON CONFLICT DO NOTHING RETURNING event_id`, consumer, eventIDs)
	if err != nil {
		return nil, fmt.Errorf("mark %d events in the inbox of %s: %w", len(eventIDs), consumer, err)
	}
	fresh := make(map[string]bool, len(ids))
	for _, id := range ids {
		fresh[id] = true
	}
	return fresh, nil
}
