// Package projector keeps the read model: it follows the log and writes each order that has
// changed, as it is now, to the document database.
//
// It writes folds, not changes, and only over older versions: batches may come twice, and a rebuild
// is the same work from the beginning.
package projector

import (
	"context"
	"fmt"
	"slices"

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

// ordersAtOnce bounds how many orders are held in memory, and read in one statement: a batch of
// small events may belong to orders of a thousand lines each.
const ordersAtOnce = 50

// change is what a batch has of one order.
type change struct {
	id string
	// first and newest event of the order in the batch.
	first, newest eventstore.Event
}

// project writes the orders of a batch, each once, however many of its events are in it. An order
// that this version cannot read stays as it is and waits.
func (p *Projector) project(ctx context.Context, events []eventstore.Event) error {
	var deferred eventstore.Deferred
	for changed := range slices.Chunk(changesOf(events), ordersAtOnce) {
		if err := p.write(ctx, changed, &deferred); err != nil {
			return err
		}
	}
	return deferred.Err()
}

func changesOf(events []eventstore.Event) []*change {
	var changes []*change
	byStream := map[string]*change{}
	for _, event := range events {
		if known := byStream[event.Stream]; known != nil {
			known.newest = event
			continue
		}
		byStream[event.Stream] = &change{id: store.OrderID(event.Stream), first: event, newest: event}
		changes = append(changes, byStream[event.Stream])
	}
	return changes
}

func (p *Projector) write(ctx context.Context, changed []*change, deferred *eventstore.Deferred) error {
	ids := make([]string, len(changed))
	for i, c := range changed {
		ids[i] = c.id
		// The projection belongs to the trace of the newest event.
		_, span := telemetry.Tracer(scope).Start(c.newest.Context(ctx), "project order",
			trace.WithSpanKind(trace.SpanKindConsumer),
			trace.WithAttributes(attribute.String("ordersaga.order.id", c.id), attribute.Int64("ordersaga.order.version", c.newest.Version)))
		defer span.End()
	}
	histories, unreadable, err := p.orders.Histories(ctx, ids)
	if err != nil {
		return fmt.Errorf("project %d orders: %w", len(ids), err)
	}
	var summaries, orders []mongodb.Document
	for _, c := range changed {
		if why := unreadable[c.id]; why != nil {
			deferred.Add(c.first, why)
			continue
		}
		history := histories[c.id]
		order := store.Fold(c.id, history)
		summaries = append(summaries, mongodb.Document{ID: c.id, Version: order.Version(), Doc: summarize(order, history[0].Position)})
		orders = append(orders, mongodb.Document{ID: c.id, Version: order.Version(), Doc: whole(order)})
	}
	if err := mongodb.ReplaceManyIfNewer(ctx, readmodel.Orders(p.db), orders); err != nil {
		return err
	}
	return mongodb.ReplaceManyIfNewer(ctx, readmodel.Summaries(p.db), summaries)
}
