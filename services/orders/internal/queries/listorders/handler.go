// Package listorders lists orders, the one recorded last first. Lists are read from the read model,
// which follows the log; they say how far they are behind. Stuck orders are few, and a list in
// PostgreSQL.
package listorders

import (
	"context"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/readmodel"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/opensagas"
	"github.com/ordersaga/ordersaga/services/orders/internal/orderlist"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

// Query says which orders.
type Query struct {
	Customer string // empty: of all
	Status   string // empty: any
	Number   int64  // 0: any
	Stuck    bool   // only those whose saga waits for its next try or an operator
	Cursor   rest.Cursor
	Limit    int // at least 1, at most readmodel.MaxLimit
}

// position is where a page ended: in the list, or in the log for stuck orders.
type position struct {
	Before int64 `json:"before"`
}

// name of the list in its cursors: a page of one list is no place in another.
func (q Query) name() string {
	return fmt.Sprintf("orders/%q/%s/%t", q.Customer, q.Status, q.Stuck)
}

func (q Query) wants(s orderlist.Summary) bool {
	return (q.Customer == "" || q.Customer == s.CustomerID) && (q.Status == "" || q.Status == s.Status)
}

// where is what of it the store can look at.
func (q Query) where() bson.D {
	if q.Status == "" {
		return nil
	}
	return bson.D{{Key: orderlist.StatusField, Value: q.Status}}
}

// Result is a page of orders, the one recorded last first.
type Result struct {
	Orders []orderlist.Summary
	Next   rest.Cursor // empty on the last page
	readmodel.Lag
}

// Needs are what lists are made of.
type Needs struct {
	Log       *readmodel.Log
	Orders    *store.Orders
	OpenSagas *opensagas.Sagas
}

// New makes the use case.
func New(n Needs) cqrs.Handler[Query, Result] { return cqrs.Query("list_orders", n.list) }

func (n Needs) list(ctx context.Context, query Query) (Result, error) {
	if query.Stuck {
		return n.stuck(ctx, query)
	}
	list, place := orderlist.All, func(s orderlist.Summary) int64 { return s.Place }
	if query.Customer != "" {
		list, place = orderlist.OfCustomer(query.Customer), func(s orderlist.Summary) int64 { return s.CustomerPlace }
	}
	after, err := rest.ReadCursor[position](ctx, query.name(), query.Cursor)
	if err != nil {
		return Result{}, err
	}
	live, before, err := n.Log.Head(ctx, list)
	if err != nil {
		return Result{}, err
	}
	if after.Before > 0 {
		before = min(before, after.Before)
	}
	// How far it is behind is read before the documents: what is projected meanwhile makes the
	// answer better than it says, never worse.
	lag, err := n.Log.Lag(ctx, live)
	if err != nil {
		return Result{}, err
	}
	result := Result{Lag: lag}
	if query.Number != 0 {
		result.Orders, err = n.numbered(ctx, live, query)
		return result, err
	}
	page, err := readmodel.Read(ctx, n.Log.Model, live, readmodel.Part[orderlist.Summary]{
		List: list, Before: before, Limit: query.Limit, Place: place, Keep: query.wants, Where: query.where(),
	})
	if err != nil {
		return Result{}, fmt.Errorf("list orders: %w", err)
	}
	result.Orders = page.Items
	if page.Next > 0 {
		result.Next = rest.NewCursor(ctx, query.name(), position{Before: page.Next})
	}
	return result, nil
}

// numbered finds the order of a number.
func (n Needs) numbered(ctx context.Context, live readmodel.Generation, query Query) ([]orderlist.Summary, error) {
	cursor, err := n.Log.Collection(live).Find(ctx, bson.D{{Key: orderlist.NumberField, Value: query.Number}})
	if err != nil {
		return nil, fmt.Errorf("list orders of number %d: %w", query.Number, err)
	}
	var found []orderlist.Summary
	if err := cursor.All(ctx, &found); err != nil {
		return nil, fmt.Errorf("list orders of number %d: %w", query.Number, err)
	}
	return slices.DeleteFunc(found, func(s orderlist.Summary) bool { return !query.wants(s) }), nil
}

// stuck lists the orders whose saga is stuck, from their streams. With a status a page may be
// short.
func (n Needs) stuck(ctx context.Context, query Query) (Result, error) {
	lag, err := n.Log.Events.Lag(ctx, opensagas.Subscription)
	if err != nil {
		return Result{}, err
	}
	sagas, next, err := rest.Page(ctx, query.name(), query.Cursor, query.Limit,
		func(after position, limit int) ([]opensagas.Saga, error) {
			return n.OpenSagas.Stuck(ctx, query.Customer, after.Before, limit)
		},
		func(last opensagas.Saga) position { return position{Before: last.Position} })
	if err != nil {
		return Result{}, err
	}
	ids := make([]string, len(sagas))
	for i, saga := range sagas {
		ids[i] = saga.OrderID
	}
	// One that this version cannot read is left out.
	histories, _, err := n.Orders.Histories(ctx, ids)
	if err != nil {
		return Result{}, err
	}
	result := Result{Next: next, Lag: readmodel.LagOf(lag.Behind, lag.Age)}
	for _, id := range ids {
		order := store.Fold(id, histories[id])
		if summary := orderlist.Of(order, nil); order.Stuck() != nil && query.wants(summary) {
			result.Orders = append(result.Orders, summary)
		}
	}
	return result, nil
}
