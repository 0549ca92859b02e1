// Package projector writes the summaries of orders: it is given the events of the log and writes
// each order that has changed, as it is now, to the document database.
//
// It writes folds, not changes, and only over older versions: batches may come twice, and a rebuild
// is the same work from the beginning.
package projector

import (
	"context"
	"fmt"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/ordersaga/ordersaga/platform/eventstore"
	"github.com/ordersaga/ordersaga/platform/mongodb"
	"github.com/ordersaga/ordersaga/platform/readmodel"
	"github.com/ordersaga/ordersaga/platform/telemetry"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/orderlist"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

const scope = "github.com/ordersaga/ordersaga/services/orders/internal/projector"

// Projector writes summaries.
type Projector struct {
	orders *store.Orders
	model  *readmodel.Model
}

// New makes the read model that follows the log of orders.
func New(events *eventstore.Store, orders *store.Orders, model *readmodel.Model) *readmodel.Log {
	p := &Projector{orders: orders, model: model}
	return &readmodel.Log{Model: model, Events: events, Project: p.project}
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
func (p *Projector) project(ctx context.Context, g readmodel.Generation, events []eventstore.Event) error {
	var deferred eventstore.Deferred
	for changed := range slices.Chunk(changesOf(events), ordersAtOnce) {
		if err := p.write(ctx, g, changed, &deferred); err != nil {
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

func (p *Projector) write(ctx context.Context, g readmodel.Generation, changed []*change, deferred *eventstore.Deferred) error {
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
	var orders []*domain.Order
	var entries []readmodel.Entry
	placed := map[string]bool{} // in this batch
	for _, c := range changed {
		placed[c.id] = c.first.Version == 1
		if why := unreadable[c.id]; why != nil {
			deferred.Add(c.first, why)
			continue
		}
		order := store.Fold(c.id, histories[c.id])
		orders = append(orders, order)
		entries = append(entries, readmodel.Entry{ID: c.id, Lists: orderlist.Lists(order)})
	}
	places, err := p.model.Place(ctx, g, entries)
	if err != nil {
		return err
	}
	documents := make([]mongodb.Document, len(orders))
	for i, order := range orders {
		documents[i] = mongodb.Document{
			ID: order.ID(), Version: order.Version(), New: placed[order.ID()], Doc: orderlist.Of(order, places[order.ID()]),
		}
	}
	if err := mongodb.ReplaceIfNewer(ctx, p.model.Collection(g), documents); err != nil {
		return err
	}
	return p.model.Show(ctx, g, places)
}
