// Package auditreadmodel compares the read model with the log: every document must be the fold of
// its order's events.
package auditreadmodel

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/readmodel"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/orderlist"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

const (
	// timeout of a page.
	timeout = 50 * time.Second
	// pageSize is how many positions of the log make a page: some hundred orders.
	pageSize = 1000
)

// Query names a page of the log.
type Query struct {
	Cursor rest.Cursor `query:"cursor" doc:"next_cursor of the page before."`
}

// position is the end of the next page of the log.
type position struct {
	Before int64 `json:"before"`
}

const list = "audit-read-model"

// New makes the use case.
func New(orders *store.Orders, log *readmodel.Log) cqrs.Handler[Query, Page] {
	return cqrs.Query("audit_read_model", (&handler{orders, log}).audit)
}

type handler struct {
	orders *store.Orders
	log    *readmodel.Log
}

// audit compares the orders that were opened on a page of the log, the newest page first. They stand
// together in the list of all orders, so that their documents are read as lists are.
func (h *handler) audit(ctx context.Context, query Query) (Page, error) {
	at, err := rest.ReadCursor[position](ctx, list, query.Cursor)
	if err != nil {
		return Page{}, err
	}
	live, shown, err := h.log.Head(ctx, orderlist.All)
	if err != nil {
		return Page{}, err
	}
	// Read before the documents: what is projected meanwhile is no mismatch.
	projected, head, err := h.log.Progress(ctx, live)
	if err != nil {
		return Page{}, err
	}
	before := head + 1
	if at.Before > 0 {
		before = min(before, at.Before)
	}
	ids, err := h.orders.Opened(ctx, before-pageSize, before)
	if err != nil {
		return Page{}, err
	}
	histories, unknown, err := h.orders.Histories(ctx, ids)
	if err != nil {
		return Page{}, err
	}
	places, err := h.log.Places(ctx, live, ids)
	if err != nil {
		return Page{}, err
	}
	summaries := map[string]orderlist.Summary{}
	next, err := h.summaries(ctx, live, places, summaries)
	if err != nil {
		return Page{}, err
	}
	if at.Before == 0 {
		if err := h.beyond(ctx, live, max(next, shown), summaries); err != nil {
			return Page{}, err
		}
	}
	found := Page{Compared: len(ids), Mismatches: []ReadModelMismatch{}}
	if before-pageSize > 1 {
		found.Next = rest.NewCursor(ctx, list, position{Before: before - pageSize})
	}
	var doubtful []string
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
		if differs(id, histories[id], places[id], pointer(summary, there)) != "" {
			doubtful = append(doubtful, id)
		}
	}
	return h.settle(ctx, found, doubtful, summaries)
}

// summaries reads the documents from the first to the last of the places in the list of all orders,
// and answers the place after these.
func (h *handler) summaries(ctx context.Context, live readmodel.Generation, places readmodel.Places, into map[string]orderlist.Summary) (next int64, err error) {
	first := int64(math.MaxInt64)
	for _, of := range places {
		if place, given := of[orderlist.All]; given {
			first, next = min(first, place), max(next, place+1)
		}
	}
	for before := next; before > first && err == nil; { // not at all when no order was opened on the page
		before, err = h.read(ctx, live, first, before, into)
	}
	return next, err
}

const (
	// beyondAtOnce is what one query reads.
	beyondAtOnce = 20
	// maxBeyond bounds the places that are looked at after the last one that was given.
	maxBeyond = 2000
)

// beyond reads the documents after the last place that was given. There are such when PostgreSQL was
// restored to an earlier time, and they follow each other without a gap.
func (h *handler) beyond(ctx context.Context, live readmodel.Generation, next int64, into map[string]orderlist.Summary) error {
	for end := next + maxBeyond; next < end; next += beyondAtOnce {
		known := len(into)
		if _, err := h.read(ctx, live, next, next+beyondAtOnce, into); err != nil {
			return err
		}
		if len(into) == known {
			return nil
		}
	}
	return nil
}

// read reads some of the documents of the places, and answers before which it goes on; 0 is the end.
func (h *handler) read(ctx context.Context, live readmodel.Generation, from, before int64, into map[string]orderlist.Summary) (next int64, err error) {
	page, err := readmodel.Read(ctx, h.log.Model, live, readmodel.Part[orderlist.Summary]{
		List: orderlist.All, Before: before, From: from, Limit: readmodel.MaxLimit,
		Place: func(s orderlist.Summary) int64 { return s.Place },
		Keep:  func(orderlist.Summary) bool { return true },
	})
	for _, summary := range page.Items {
		into[summary.ID] = summary
	}
	return page.Next, err
}

// settle looks again at what seemed wrong: an order may have changed between the reading of its
// events and of its document. What is left of the summaries has no order on this page.
func (h *handler) settle(ctx context.Context, found Page, doubtful []string, strangers map[string]orderlist.Summary) (Page, error) {
	for _, id := range doubtful {
		problem, err := h.again(ctx, id)
		if err != nil {
			return Page{}, err
		}
		if problem != "" {
			found.Mismatches = append(found.Mismatches, ReadModelMismatch{id, collection, problem})
		}
	}
	if len(strangers) == 0 {
		return found, nil
	}
	histories, unknown, err := h.orders.Histories(ctx, slices.Collect(maps.Keys(strangers)))
	if err != nil {
		return Page{}, err
	}
	for id := range strangers {
		if histories[id] == nil && unknown[id] == nil {
			found.Mismatches = append(found.Mismatches, ReadModelMismatch{id, collection, "there is no such order in the log"})
		}
	}
	return found, nil
}

// again compares one order, reading its document first: it may be older than the events then, and
// is doubted only when the projector had passed the last event before.
func (h *handler) again(ctx context.Context, id string) (problem string, err error) {
	for range rereads {
		live, err := h.log.Live(ctx)
		if err != nil {
			return "", err
		}
		projected, _, err := h.log.Progress(ctx, live)
		if err != nil {
			return "", err
		}
		summary, err := h.summary(ctx, live, id)
		if err != nil {
			return "", err
		}
		places, err := h.log.Places(ctx, live, []string{id})
		if err != nil {
			return "", err
		}
		history, err := h.orders.History(ctx, id)
		if unreadable(err) {
			return "", nil
		}
		if err != nil {
			return "", err
		}
		problem := differs(id, history, places[id], summary)
		if problem == "" {
			return "", nil
		}
		if last := history[len(history)-1].Position; last > 0 && last <= projected {
			return problem, nil
		}
	}
	return "", nil // it changes all the time: the next audit sees it
}

// unreadable tells whether this version cannot read the order, and so not compare it.
func unreadable(err error) bool {
	var why *store.Unreadable
	return errors.As(err, &why)
}

// rereads of an order that changes while it is compared.
const rereads = 5

// summary reads a document, nil when it is not there.
func (h *handler) summary(ctx context.Context, live readmodel.Generation, id string) (*orderlist.Summary, error) {
	var found orderlist.Summary
	err := h.log.Collection(live).FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&found)
	switch {
	case errors.Is(err, mongo.ErrNoDocuments):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read the summary of order %s: %w", id, err)
	}
	return &found, nil
}

func pointer[D any](document D, there bool) *D {
	if !there {
		return nil
	}
	return &document
}

// collection names the documents, without their generation.
const collection = "orders"

// differs says how a document is not what history and places say, or nothing.
func differs(id string, history []store.Recorded, places map[readmodel.List]int64, found *orderlist.Summary) string {
	order := store.Fold(id, history)
	for _, list := range orderlist.Lists(order) {
		if _, given := places[list]; !given {
			return fmt.Sprintf("it has no place in the list %s", list)
		}
	}
	return difference(orderlist.Of(order, places), found)
}
