// Package listorders lists orders from the read model, the one recorded last first. The list
// follows the log; it says how far it is behind.
package listorders

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/eventstore"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/readmodel"
)

// Query says which orders.
type Query struct {
	Customer string // empty: of all
	Status   string // empty: any
	Stuck    bool   // only those whose saga waits for its next try or an operator
	Cursor   rest.Cursor
	Limit    int // at least 1
}

// position is where a page ended.
type position struct {
	Opened int64 `json:"opened"`
}

// list names what is listed in its cursors: a page of one list is no place in another.
func (q Query) list() string {
	return fmt.Sprintf("orders/%q/%s/%t", q.Customer, q.Status, q.Stuck)
}

// Result is a page of orders, the one recorded last first.
type Result struct {
	Orders []readmodel.Summary
	Next   rest.Cursor // empty on the last page
	Behind int64       // events that are recorded and not in the list yet
}

// New makes the use case.
func New(db *mongo.Database, events *eventstore.Store) cqrs.Handler[Query, Result] {
	return cqrs.Query("list_orders", (&handler{db: db, events: events}).Handle)
}

type handler struct {
	db     *mongo.Database
	events *eventstore.Store
}

// Handle lists orders.
func (h *handler) Handle(ctx context.Context, query Query) (Result, error) {
	// How far it is behind is read first: what is projected meanwhile makes the answer better than
	// it says, never worse.
	projected, head, err := h.events.Progress(ctx, readmodel.Subscription)
	if err != nil {
		return Result{}, err
	}
	page := Result{Behind: max(head-projected, 0)}
	page.Orders, page.Next, err = rest.Page(ctx, query.list(), query.Cursor, query.Limit,
		func(after position, limit int) ([]readmodel.Summary, error) {
			before := head + 1
			if after.Opened > 0 {
				before = min(before, after.Opened)
			}
			found, err := h.find(ctx, query, before, limit)
			if err != nil {
				return nil, fmt.Errorf("list orders: %w", err)
			}
			return found, nil
		},
		func(last readmodel.Summary) position { return position{Opened: last.Opened} })
	return page, err
}

// pagesTried bounds the queries of one list.
const pagesTried = 4

// find reads at most limit orders that were opened before a position of the log. What matches many
// orders is found on the next pages; what was not found there matches few, or is asked for by a
// customer, and is found at once. To find many at once would read them all: FerretDB sorts in
// memory and takes seconds for 10,000.
func (h *handler) find(ctx context.Context, query Query, before int64, limit int) (found []readmodel.Summary, err error) {
	filter := query.filter()
	if query.Customer == "" && !query.Stuck {
		page := readmodel.PageOf(before - 1)
		for range pagesTried {
			if page < 0 || len(found) >= limit {
				return found, nil
			}
			on := append(bson.D{{Key: "page", Value: page}}, filter...)
			more, err := h.read(ctx, on, before, limit-len(found))
			if err != nil {
				return nil, err
			}
			found = append(found, more...)
			before = min(before, readmodel.PageStart(page))
			page--
		}
	}
	if len(found) >= limit {
		return found, nil
	}
	more, err := h.read(ctx, filter, before, limit-len(found))
	return append(found, more...), err
}

// read is one query, the order recorded last first.
func (h *handler) read(ctx context.Context, filter bson.D, before int64, limit int) (found []readmodel.Summary, err error) {
	filter = append(filter[:len(filter):len(filter)], bson.E{Key: "opened", Value: bson.D{{Key: "$lt", Value: before}}})
	cursor, err := readmodel.Summaries(h.db).Find(ctx, filter,
		options.Find().SetSort(bson.D{{Key: "opened", Value: -1}}).SetLimit(int64(limit)))
	if err != nil {
		return nil, err
	}
	return found, cursor.All(ctx, &found)
}

func (q Query) filter() bson.D {
	filter := bson.D{}
	if q.Customer != "" {
		filter = append(filter, bson.E{Key: "customer_id", Value: q.Customer})
	}
	if q.Status != "" {
		filter = append(filter, bson.E{Key: "status", Value: q.Status})
	}
	if q.Stuck {
		filter = append(filter, bson.E{Key: "stuck", Value: true})
	}
	return filter
}
