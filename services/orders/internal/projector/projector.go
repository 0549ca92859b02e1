// Package projector keeps the read model: it follows the log and writes each
// order that has changed, as it is now, to the document database.
//
// It writes folds, not changes, and only over older versions: batches may come
// twice, and a rebuild is the same work from the beginning.
package projector

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/ordersaga/ordersaga/platform/eventstore"
	"github.com/ordersaga/ordersaga/platform/mongodb"
	"github.com/ordersaga/ordersaga/platform/telemetry"
	"github.com/ordersaga/ordersaga/services/orders/internal/readmodel"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

const scope = "github.com/ordersaga/ordersaga/services/orders/internal/projector"

// Projector writes the read model.
type Projector struct {
	orders *store.Orders
	db     *mongo.Database
}

// New makes a projector that reads orders and writes to the database.
func New(orders *store.Orders, db *mongo.Database) *Projector {
	return &Projector{orders: orders, db: db}
}

// Subscription follows the log.
func (p *Projector) Subscription() eventstore.Subscription {
	return eventstore.Subscription{Name: readmodel.Subscription, Handle: p.project}
}

// project writes the orders of a batch, each once, however many of its events
// are in it.
func (p *Projector) project(ctx context.Context, events []eventstore.Event) error {
	var summaries, orders []mongodb.Document
	var spans []trace.Span
	defer func() {
		for _, span := range spans {
			span.End()
		}
	}()
	seen := map[string]bool{}
	// The last event first: the projection belongs to the trace of the newest.
	for i := len(events) - 1; i >= 0; i-- {
		if seen[events[i].Stream] {
			continue
		}
		seen[events[i].Stream] = true
		id := store.OrderID(events[i].Stream)
		traced, span := telemetry.Tracer(scope).Start(events[i].Context(ctx), "project order",
			trace.WithSpanKind(trace.SpanKindConsumer),
			trace.WithAttributes(attribute.String("ordersaga.order.id", id), attribute.Int64("ordersaga.order.version", events[i].Version)))
		spans = append(spans, span)
		history, err := p.orders.History(traced, id)
		if err != nil {
			span.RecordError(err)
			return fmt.Errorf("project order %s: %w", id, err)
		}
		order := store.Fold(id, history)
		summaries = append(summaries, mongodb.Document{ID: id, Version: order.Version(), Doc: summarize(order, history[0].Position)})
		orders = append(orders, mongodb.Document{ID: id, Version: order.Version(), Doc: whole(order)})
	}
	if err := mongodb.ReplaceManyIfNewer(ctx, readmodel.Orders(p.db), orders); err != nil {
		return err
	}
	return mongodb.ReplaceManyIfNewer(ctx, readmodel.Summaries(p.db), summaries)
}
