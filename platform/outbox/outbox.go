// Package outbox publishes events if, and only if, the transaction that made them was committed:
// Append writes them in that transaction, and a Relay sends them afterwards, as soon as the broker
// takes them.
//
// Events are published at least once. Those of one aggregate are published in the order of their
// Append, provided that its writers lock the aggregate's row before they append, as every change of
// an aggregate does.
package outbox

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"

	"github.com/ordersaga/ordersaga/platform/eventtrace"
	"github.com/ordersaga/ordersaga/platform/postgres"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations has the outbox's table.
var Migrations = postgres.Migrations{Name: "outbox", Files: files}

const (
	// MaxEventBytes bounds one encoded event. A broker refuses events above its own bound (16 MiB
	// or more), and an event it refuses would block all later events; so Append refuses it, and the
	// caller gets the error.
	MaxEventBytes = 1 << 20
	// maxNameBytes bounds an event's type and id: AMQP's routing key and message id hold no more.
	maxNameBytes = 255
)

// Append writes the events in the caller's transaction, in order, in one insert. Each needs a
// subject, the id of its aggregate, and gets the trace context of ctx unless it has one. An event
// that could not be published is refused, which rolls the caller's change back with it. The commit of
// a postgres.Tx wakes the relay.
func Append(ctx context.Context, q postgres.Querier, events ...cloudevents.Event) error {
	if len(events) == 0 {
		return nil
	}
	encoded := make([]string, len(events))
	for i, event := range events {
		if err := publishable(event); err != nil {
			return fmt.Errorf("append event %.80q %.80q to the outbox: %w", event.Type(), event.ID(), err)
		}
		body, err := json.Marshal(eventtrace.Inject(ctx, event))
		if err != nil {
			return fmt.Errorf("append event %s %s to the outbox: %w", event.Type(), event.ID(), err)
		}
		if len(body) > MaxEventBytes {
			return fmt.Errorf("append event %s %s to the outbox: %d bytes, at most %d", event.Type(), event.ID(), len(body), MaxEventBytes)
		}
		encoded[i] = string(body)
	}
	// Ids are assigned row by row in the order of the sort.
	const statement = `
INSERT INTO outbox (event)
SELECT event::json FROM unnest($1::text[]) WITH ORDINALITY AS given (event, position) ORDER BY position`
	if _, err := q.ExecContext(ctx, statement, encoded); err != nil {
		return fmt.Errorf("append %d events to the outbox: %w", len(events), err)
	}
	if tx, is := q.(*postgres.Tx); is {
		tx.Signal()
	}
	return nil
}

func publishable(event cloudevents.Event) error {
	if err := event.Validate(); err != nil {
		return fmt.Errorf("not a valid CloudEvent: %s", strings.TrimSpace(err.Error()))
	}
	if event.Subject() == "" {
		return errors.New("no subject: it names the aggregate")
	}
	if len(event.Type()) > maxNameBytes || len(event.ID()) > maxNameBytes {
		return fmt.Errorf("type and id have at most %d bytes each", maxNameBytes)
	}
	return nil
}
