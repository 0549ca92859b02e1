package ordersearch

import (
	"context"
	"log/slog"
	"slices"
	"strings"

	"github.com/ordersaga/ordersaga/platform/eventstore"
	"github.com/ordersaga/ordersaga/platform/search"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/personal"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

const (
	// ordersAtOnce bounds how many orders are held in memory: each may have a thousand lines.
	ordersAtOnce = 50
)

// Changes are the orders that changed, for a feed of the index. Positions are those of the log.
type Changes struct {
	events *eventstore.Store
	orders *store.Orders
	keys   *personal.Keys
}

// NewChanges follows a log.
func NewChanges(events *eventstore.Store, orders *store.Orders, keys *personal.Keys) *Changes {
	return &Changes{events: events, orders: orders, keys: keys}
}

// Changes implements search.Source. An order that this version cannot read stays as it was found
// before, with a line in the log.
func (c *Changes) Changes(ctx context.Context, after int64, limit int) (documents []search.Document, upTo int64, err error) {
	streams, upTo, err := c.events.Changed(ctx, after, limit)
	if err != nil {
		return nil, 0, err
	}
	for some := range slices.Chunk(streams, ordersAtOnce) {
		ids := make([]string, len(some))
		for i, stream := range some {
			ids[i] = store.OrderID(stream)
		}
		histories, unreadable, err := c.orders.Histories(ctx, ids)
		if err != nil {
			return nil, 0, err
		}
		for id, why := range unreadable {
			slog.WarnContext(ctx, "an order cannot be read and is not indexed as it is now", "order", id, "error", why)
		}
		found := make([]*domain.Order, 0, len(histories))
		for id, history := range histories {
			found = append(found, store.Fold(id, history))
		}
		people, err := c.keys.OpenMany(ctx, found)
		if err != nil {
			return nil, 0, err
		}
		for _, order := range found {
			token := ""
			if email := people[order.ID()].Email; email != "" {
				token = EmailToken(c.keys, email)
			}
			d, err := document(order, token)
			if err != nil {
				return nil, 0, err
			}
			documents = append(documents, d)
		}
	}
	return documents, upTo, nil
}

// Head implements search.Source.
func (c *Changes) Head(ctx context.Context) (int64, error) { return c.events.Head(ctx) }

// EmailToken is what stands for an email address in the index, however it is written.
func EmailToken(keys *personal.Keys, email string) string {
	return keys.Token(strings.ToLower(strings.TrimSpace(email)))
}
