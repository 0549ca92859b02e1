// Package listorders lists orders from the read model, newest first. The list
// follows the log; it says how far it is behind.
package listorders

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/ordersaga/ordersaga/platform/eventstore"
	"github.com/ordersaga/ordersaga/services/orders/internal/readmodel"
)

// Query says which orders.
type Query struct {
	Customer string // empty: of all
	Status   string // empty: any
	Stuck    bool   // only those whose saga waits for its next try or an operator
	// Before is a position of the log: only orders that were opened before it.
	Before int64
	Limit  int // at least 1
}

// Page is the orders, newest first.
type Page struct {
	Orders []readmodel.Summary
	More   bool  // others come after the last one
	Behind int64 // events that are recorded and not in the list yet
}

type handler struct {
	db     *mongo.Database
	events *eventstore.Store
}

// Handle lists orders.
func (h *handler) Handle(ctx context.Context, query Query) (Page, error) {
	// How far it is behind is read first: what is projected meanwhile makes the
	// answer better than it says, never worse.
	projected, head, err := h.events.Progress(ctx, readmodel.Subscription)
	if err != nil {
		return Page{}, err
	}
	page := Page{Behind: max(head-projected, 0)}
	query.Before = min(query.Before, head+1)
	// One more than is shown tells whether there are more.
	page.Orders, err = h.find(ctx, query, query.Limit+1)
	if err != nil {
		return Page{}, away(fmt.Errorf("list orders: %w", err))
	}
	if page.More = len(page.Orders) > query.Limit; page.More {
		page.Orders = page.Orders[:query.Limit]
	}
	return page, nil
}

// pagesTried bounds the queries of one list.
const pagesTried = 4

// find reads at most limit orders. What matches many orders is found on the next
// pages; what was not found there matches few, or is asked for by a customer,
// and is found at once. To find many at once would read them all: FerretDB sorts
// in memory and takes seconds for 10,000.
func (h *handler) find(ctx context.Context, query Query, limit int) (found []readmodel.Summary, err error) {
	filter, before := query.filter(), query.Before
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

// read is one query, newest first.
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

// unavailable marks an error of the read store as one that may pass.
type unavailable struct{ error }

func (unavailable) Unavailable() bool { return true }

func (u unavailable) Unwrap() error { return u.error }

func away(err error) error {
	if mongo.IsNetworkError(err) || mongo.IsTimeout(err) {
		return unavailable{err}
	}
	return err
}
