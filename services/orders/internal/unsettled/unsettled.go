// Package unsettled keeps a list of the orders that are placed and not settled: a
// projection of the log beside it, because the sweep that finds forgotten orders
// must not depend on a read store, nor read the whole log.
package unsettled

import (
	"context"
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/platform/eventstore"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

// Orders are the unsettled ones.
type Orders struct {
	db *postgres.DB
}

// New finds them in the database of the log.
func New(db *postgres.DB) *Orders { return &Orders{db: db} }

// Subscription keeps the list.
func (o *Orders) Subscription() eventstore.Subscription {
	return eventstore.Subscription{Name: "unsettled", Apply: o.follow}
}

// follow takes a batch as at most three statements. An order that is settled in
// the batch in which it was placed never enters the list. The list and the
// checkpoint change together: a reader that was overtaken cannot put an order back
// that its successor has taken off.
func (o *Orders) follow(ctx context.Context, tx *postgres.Tx, batch []eventstore.Event) error {
	type placed struct {
		customerID string
		at         time.Time
		position   int64
	}
	opened, stuck := map[string]placed{}, map[string]time.Time{}
	var settled []string
	for _, event := range batch {
		recorded, err := store.Decode(event)
		if err != nil {
			return err
		}
		id := store.OrderID(event.Stream)
		switch fact := recorded.Fact.(type) {
		case domain.OrderPlaced:
			opened[id] = placed{fact.CustomerID, event.OccurredAt, event.Position}
		case domain.SagaStuck:
			stuck[id] = event.OccurredAt
		case domain.OrderConfirmed, domain.OrderRejected, domain.OrderCancelled:
			delete(opened, id)
			delete(stuck, id)
			settled = append(settled, id)
		}
	}
	var ids, customers []string
	var times []time.Time
	var positions []int64
	for id, order := range opened {
		ids, customers = append(ids, id), append(customers, order.customerID)
		times, positions = append(times, order.at), append(positions, order.position)
	}
	var stuckIDs []string
	var since []time.Time
	for id, at := range stuck {
		stuckIDs, since = append(stuckIDs, id), append(since, at)
	}
	if len(ids) > 0 {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO unsettled_orders (order_id, customer_id, placed_at, position)
			SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::bigint[])
			ON CONFLICT DO NOTHING`, ids, customers, times, positions)
		if err != nil {
			return fmt.Errorf("list %d unsettled orders: %w", len(ids), err)
		}
	}
	if len(stuckIDs) > 0 {
		_, err := tx.ExecContext(ctx, `
			UPDATE unsettled_orders SET stuck_since = coalesce(stuck_since, stuck.since)
			FROM unnest($1::text[], $2::timestamptz[]) AS stuck (order_id, since)
			WHERE unsettled_orders.order_id = stuck.order_id`, stuckIDs, since)
		if err != nil {
			return fmt.Errorf("mark %d orders as stuck: %w", len(stuckIDs), err)
		}
	}
	if len(settled) > 0 {
		if _, err := tx.ExecContext(ctx, `DELETE FROM unsettled_orders WHERE order_id = ANY($1::text[])`, settled); err != nil {
			return fmt.Errorf("take %d settled orders off the list: %w", len(settled), err)
		}
	}
	return nil
}

// Order is an unsettled one.
type Order struct {
	ID         string
	CustomerID string
	PlacedAt   time.Time
	// Position in the log, by which the list is paged.
	Position int64
}

// List reads at most limit orders behind a position that were placed at least so
// long ago, the oldest first.
func (o *Orders) List(ctx context.Context, olderThan time.Duration, after int64, limit int) ([]Order, error) {
	rows, err := o.db.SQL.QueryContext(ctx, `
		SELECT order_id, customer_id, placed_at, position FROM unsettled_orders
		WHERE position > $1 AND placed_at <= now() - make_interval(secs => $2)
		ORDER BY position LIMIT $3`, after, olderThan.Seconds(), limit)
	if err != nil {
		return nil, fmt.Errorf("list unsettled orders: %w", err)
	}
	defer rows.Close()
	var orders []Order
	for rows.Next() {
		var order Order
		if err := rows.Scan(&order.ID, &order.CustomerID, &order.PlacedAt, &order.Position); err != nil {
			return nil, fmt.Errorf("list unsettled orders: %w", err)
		}
		orders = append(orders, order)
	}
	return orders, rows.Err()
}
