// Package listorders lists orders from the read model, newest first. The list
// follows the log; it says how far it is behind.
package listorders

import (
	"context"
	"fmt"
	"time"

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
	After    *position
	Limit    int // at least 1
}

// position is where a page ended: the time in milliseconds, as the read model
// has it, and the id among the orders of that time.
type position struct {
	Millis int64  `json:"t"`
	ID     string `json:"id"`
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
	// One more than is shown tells whether there are more.
	found, err := readmodel.Summaries(h.db).Find(ctx, query.filter(), options.Find().
		SetSort(bson.D{{Key: "opened_at", Value: -1}, {Key: "_id", Value: 1}}).
		SetLimit(int64(query.Limit)+1))
	if err == nil {
		err = found.All(ctx, &page.Orders)
	}
	if err != nil {
		return Page{}, away(fmt.Errorf("list orders: %w", err))
	}
	if page.More = len(page.Orders) > query.Limit; page.More {
		page.Orders = page.Orders[:query.Limit]
	}
	return page, nil
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
	if q.After != nil {
		at := time.UnixMilli(q.After.Millis).UTC()
		filter = append(filter, bson.E{Key: "$or", Value: bson.A{
			bson.D{{Key: "opened_at", Value: bson.D{{Key: "$lt", Value: at}}}},
			bson.D{{Key: "opened_at", Value: at}, {Key: "_id", Value: bson.D{{Key: "$gt", Value: q.After.ID}}}},
		}})
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
