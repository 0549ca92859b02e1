package mongodb

import (
	"context"
	"sync"

	"go.mongodb.org/mongo-driver/v2/event"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

const scope = "github.com/ordersaga/ordersaga/platform/mongodb"

// command names one command in flight: request ids repeat between connections.
type command struct {
	connection string
	request    int64
}

// monitor makes a client span of each command in a trace. It has the command, the collection and
// the database, and no values.
func monitor() *event.CommandMonitor {
	var inFlight sync.Map
	end := func(finished event.CommandFinishedEvent, failure error) {
		found, ok := inFlight.LoadAndDelete(command{finished.ConnectionID, finished.RequestID})
		if !ok {
			return
		}
		span := found.(trace.Span)
		if failure != nil {
			// The text of a server's error may quote a document.
			span.SetStatus(codes.Error, finished.CommandName+" failed")
		}
		span.End()
	}
	return &event.CommandMonitor{
		Started: func(ctx context.Context, started *event.CommandStartedEvent) {
			// Pings and other commands of the driver have no trace.
			if !trace.SpanContextFromContext(ctx).IsValid() {
				return
			}
			collection, _ := started.Command.Lookup(started.CommandName).StringValueOK()
			name := started.CommandName
			if collection != "" {
				name += " " + collection
			}
			_, span := otel.Tracer(scope).Start(ctx, name,
				trace.WithSpanKind(trace.SpanKindClient),
				trace.WithAttributes(
					semconv.DBSystemNameMongoDB,
					semconv.DBOperationName(started.CommandName),
					semconv.DBNamespace(started.DatabaseName),
					semconv.DBCollectionName(collection)))
			inFlight.Store(command{started.ConnectionID, started.RequestID}, span)
		},
		Succeeded: func(_ context.Context, succeeded *event.CommandSucceededEvent) {
			end(succeeded.CommandFinishedEvent, nil)
		},
		Failed: func(_ context.Context, failed *event.CommandFailedEvent) {
			end(failed.CommandFinishedEvent, failed.Failure)
		},
	}
}
