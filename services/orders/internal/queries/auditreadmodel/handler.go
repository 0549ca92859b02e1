// Package auditreadmodel compares the read model with the log: every document must be the fold of
// its order's events.
package auditreadmodel

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"golang.org/x/sync/errgroup"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/eventstore"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/projector"
	"github.com/ordersaga/ordersaga/services/orders/internal/readmodel"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

const (
	// timeout of a page: up to a thousand documents are read by their id.
	timeout = 50 * time.Second
	// readers read documents at once; a part of the 16 that the store allows.
	readers = 6
)

// Query names a page of the log; see readmodel.PageOf.
type Query struct {
	Cursor rest.Cursor `query:"cursor" doc:"next_cursor of the page before."`
}

// Result is what was compared: the orders of a page of the log.
type Result struct {
	Compared   int
	Behind     int // of these, orders with events that are not projected yet; they are not compared
	Mismatches []ReadModelMismatch
	Next       rest.Cursor // empty on the last page
}

// position is the next page of the log.
type position struct {
	Page int64 `json:"page"`
}

const list = "audit-read-model"

// New makes the use case.
func New(orders *store.Orders, events *eventstore.Store, db *mongo.Database) cqrs.Handler[Query, Result] {
	return cqrs.Query("audit_read_model", (&handler{orders: orders, events: events, db: db}).Handle)
}

type handler struct {
	orders *store.Orders
	events *eventstore.Store
	db     *mongo.Database
}

// Handle compares the orders that were opened on a page of the log. Summaries are read by their
// page and orders by their id: these are the questions that every read store answers without
// reading all documents.
func (h *handler) Handle(ctx context.Context, query Query) (Result, error) {
	at, err := rest.ReadCursor[position](ctx, list, query.Cursor)
	if err != nil {
		return Result{}, err
	}
	// Read before the documents: what is projected meanwhile is no mismatch.
	projected, head, err := h.events.Progress(ctx, readmodel.Subscription)
	if err != nil {
		return Result{}, err
	}
	ids, err := h.orders.Opened(ctx, readmodel.PageStart(at.Page), readmodel.PageStart(at.Page+1))
	if err != nil {
		return Result{}, err
	}
	histories, unknown, err := h.orders.Histories(ctx, ids)
	if err != nil {
		return Result{}, err
	}
	summaries, err := h.summaries(ctx, at.Page)
	if err != nil {
		return Result{}, err
	}
	found := Result{Compared: len(ids), Mismatches: []ReadModelMismatch{}}
	if at.Page < readmodel.PageOf(head) {
		found.Next = rest.NewCursor(ctx, list, position{Page: at.Page + 1})
	}
	var doubtful []string
	var mu sync.Mutex
	all, reading := errgroup.WithContext(ctx)
	all.SetLimit(readers)
	for _, id := range ids {
		summary, there := summaries[id]
		delete(summaries, id)
		if unknown[id] != nil {
			found.Behind++ // its projection waits for a version that can read it
			continue
		}
		if last := histories[id][len(histories[id])-1]; last.Position == 0 || last.Position > projected {
			found.Behind++
			continue
		}
		all.Go(func() error {
			documents := documents{summary: pointer(summary, there)}
			var err error
			if documents.order, err = h.order(reading, id); err != nil {
				return err
			}
			if len(documents.differ(id, histories[id])) > 0 {
				mu.Lock()
				defer mu.Unlock()
				doubtful = append(doubtful, id)
			}
			return nil
		})
	}
	if err := all.Wait(); err != nil {
		return Result{}, err
	}
	return h.settle(ctx, found, doubtful, summaries)
}

// settle looks again at what seemed wrong: an order may have changed between the reading of its
// events and of its documents. What is left of the summaries has no order on their page.
func (h *handler) settle(ctx context.Context, found Result, doubtful []string, strangers map[string]readmodel.Summary) (Result, error) {
	for _, id := range doubtful {
		mismatches, err := h.again(ctx, id)
		if err != nil {
			return Result{}, err
		}
		found.Mismatches = append(found.Mismatches, mismatches...)
	}
	for id := range strangers {
		history, err := h.orders.History(ctx, id)
		if unreadable(err) {
			continue
		}
		if err != nil {
			return Result{}, err
		}
		if len(history) == 0 {
			found.Mismatches = append(found.Mismatches, ReadModelMismatch{id, summaryCollection, "there is no such order in the log"})
		}
	}
	return found, nil
}

// again compares one order, reading its documents first: they may be older than the events then,
// and are doubted only when the projector had passed the last event before.
func (h *handler) again(ctx context.Context, id string) ([]ReadModelMismatch, error) {
	for range rereads {
		projected, _, err := h.events.Progress(ctx, readmodel.Subscription)
		if err != nil {
			return nil, err
		}
		history, err := h.orders.History(ctx, id)
		if unreadable(err) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		var documents documents
		if documents.order, err = h.order(ctx, id); err != nil {
			return nil, err
		}
		if documents.summary, err = h.summary(ctx, id); err != nil {
			return nil, err
		}
		mismatches := documents.differ(id, history)
		if len(mismatches) == 0 {
			return nil, nil
		}
		after, err := h.orders.History(ctx, id)
		if unreadable(err) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		if last := history[len(history)-1].Position; len(after) == len(history) && last > 0 && last <= projected {
			return mismatches, nil
		}
	}
	return nil, nil // it changes all the time: the next audit sees it
}

// unreadable tells whether this version cannot read the order, and so not compare it.
func unreadable(err error) bool {
	var why *store.Unreadable
	return errors.As(err, &why)
}

// rereads of an order that changes while it is compared.
const rereads = 5

func (h *handler) summaries(ctx context.Context, page int64) (map[string]readmodel.Summary, error) {
	cursor, err := readmodel.Summaries(h.db).Find(ctx, bson.D{{Key: "page", Value: page}})
	if err != nil {
		return nil, fmt.Errorf("read the summaries of page %d: %w", page, err)
	}
	var found []readmodel.Summary
	if err := cursor.All(ctx, &found); err != nil {
		return nil, fmt.Errorf("read the summaries of page %d: %w", page, err)
	}
	byID := make(map[string]readmodel.Summary, len(found))
	for _, summary := range found {
		byID[summary.ID] = summary
	}
	return byID, nil
}

func (h *handler) order(ctx context.Context, id string) (*readmodel.Order, error) {
	return one[readmodel.Order](ctx, readmodel.Orders(h.db), id)
}

func (h *handler) summary(ctx context.Context, id string) (*readmodel.Summary, error) {
	return one[readmodel.Summary](ctx, readmodel.Summaries(h.db), id)
}

// one reads a document, nil when it is not there.
func one[D any](ctx context.Context, collection *mongo.Collection, id string) (*D, error) {
	var found D
	err := collection.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&found)
	switch {
	case errors.Is(err, mongo.ErrNoDocuments):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read %s %s: %w", collection.Name(), id, err)
	}
	return &found, nil
}

func pointer[D any](document D, there bool) *D {
	if !there {
		return nil
	}
	return &document
}

// documents of one order, nil where there is none.
type documents struct {
	order   *readmodel.Order
	summary *readmodel.Summary
}

const (
	orderCollection   = "orders"
	summaryCollection = "order_summaries"
)

// differ names what is not as the history says.
func (d documents) differ(id string, history []store.Recorded) (mismatches []ReadModelMismatch) {
	order, summary := projector.Expected(id, history)
	if problem := difference(order, d.order); problem != "" {
		mismatches = append(mismatches, ReadModelMismatch{id, orderCollection, problem})
	}
	if problem := difference(summary, d.summary); problem != "" {
		mismatches = append(mismatches, ReadModelMismatch{id, summaryCollection, problem})
	}
	return mismatches
}
