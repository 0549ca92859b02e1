package opensagas

import (
	"context"
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/eventstore"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

// Subscription is the name under which the list follows the log.
const Subscription = "open-sagas"

// Subscription keeps the list.
func (s *Sagas) Subscription() eventstore.Subscription {
	return eventstore.Subscription{Name: Subscription, Apply: follow}
}

// changes of the list by a batch of events. A saga that ends in the batch in which it began never
// enters the list.
type changes struct {
	begun map[string]*Saga // by order
	ended map[ended]bool
	stuck map[string]stuck // by order
	// declined payments count for DeclinePeriod.
	declined []decline
}

type ended struct {
	orderID string
	saga    domain.Saga
}

// stuck has the time since which a saga is stuck, nil when it is not.
type stuck struct {
	since *time.Time
	// anew: the saga was not stuck in between, so the time in the list is replaced.
	anew bool
}

func (c *changes) begin(saga Saga) {
	if same := c.begun[saga.OrderID]; same == nil || same.Saga != saga.Saga {
		c.begun[saga.OrderID] = &saga
		delete(c.stuck, saga.OrderID)
	}
}

func (c *changes) end(orderID string, saga domain.Saga) {
	if begun := c.begun[orderID]; begun != nil && begun.Saga == saga {
		delete(c.begun, orderID)
	}
	delete(c.stuck, orderID)
	c.ended[ended{orderID, saga}] = true
}

// add adds the changes of an event. In older logs without SagaBegan and SagaEnded the order's
// events begin and end placing.
func (c *changes) add(event eventstore.Event) error {
	recorded, err := store.Decode(event)
	if err != nil {
		return err
	}
	id, at := store.OrderID(event.Stream), event.OccurredAt
	switch fact := recorded.Fact.(type) {
	case domain.OrderPlaced:
		c.begin(Saga{domain.Placing(id), id, fact.CustomerID, at, event.Position})
	case domain.SagaBegan:
		c.begin(Saga{fact.Saga, id, fact.CustomerID, at, event.Position})
	case domain.SagaStuck:
		c.stuck[id] = stuck{&at, c.stuck[id].anew}
	case domain.CompensationStarted:
		c.stuck[id] = stuck{nil, true}
	case domain.SagaEnded:
		c.end(id, fact.Saga)
	case domain.OrderRejected:
		if fact.Reason == refusals.PaymentDeclined {
			c.declined = append(c.declined, decline{id, fact.CustomerID, at})
		}
		c.end(id, domain.Placing(id))
	case domain.OrderConfirmed, domain.OrderCancelled:
		c.end(id, domain.Placing(id))
	}
	return nil
}

// follow applies a batch with a few statements, in the transaction of the checkpoint: a reader that
// was replaced cannot add a saga again that its successor has removed. An order that this version
// cannot read is deferred and does not change in the list.
func follow(ctx context.Context, tx *postgres.Tx, batch []eventstore.Event) error {
	c := &changes{begun: map[string]*Saga{}, ended: map[ended]bool{}, stuck: map[string]stuck{}}
	var deferred eventstore.Deferred
	for _, event := range batch {
		if deferred.Has(event.Stream) {
			continue
		}
		if err := c.add(event); err != nil {
			deferred.Add(event, err) // an event of a newer version, which may concern a saga
		}
	}
	if err := c.deleteEnded(ctx, tx); err != nil {
		return err
	}
	if err := c.insertBegun(ctx, tx); err != nil {
		return err
	}
	if err := c.updateStuck(ctx, tx); err != nil {
		return err
	}
	if err := c.insertDeclined(ctx, tx); err != nil {
		return err
	}
	return deferred.Err()
}

func (c *changes) deleteEnded(ctx context.Context, tx *postgres.Tx) error {
	if len(c.ended) == 0 {
		return nil
	}
	var ids, kinds, instances []string
	for end := range c.ended {
		ids, kinds, instances = append(ids, end.orderID), append(kinds, end.saga.Kind), append(instances, end.saga.Instance)
	}
	_, err := tx.ExecContext(ctx, `
		DELETE FROM open_sagas USING unnest($1::text[], $2::text[], $3::text[]) AS ended (order_id, kind, instance)
		WHERE open_sagas.order_id = ended.order_id AND open_sagas.kind = ended.kind AND open_sagas.instance = ended.instance`,
		ids, kinds, instances)
	if err != nil {
		return fmt.Errorf("take %d sagas off the list: %w", len(ids), err)
	}
	return nil
}

func (c *changes) insertBegun(ctx context.Context, tx *postgres.Tx) error {
	if len(c.begun) == 0 {
		return nil
	}
	var ids, kinds, instances, customers []string
	var times []time.Time
	var positions []int64
	for id, saga := range c.begun {
		ids, kinds, instances = append(ids, id), append(kinds, saga.Kind), append(instances, saga.Instance)
		customers, times, positions = append(customers, saga.CustomerID), append(times, saga.BeganAt), append(positions, saga.Position)
	}
	// A conflict is OrderPlaced in one batch and SagaBegan of the same saga in the next.
	_, err := tx.ExecContext(ctx, `
		INSERT INTO open_sagas (order_id, kind, instance, customer_id, began_at, position)
		SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::bigint[])
		ON CONFLICT DO NOTHING`, ids, kinds, instances, customers, times, positions)
	if err != nil {
		return fmt.Errorf("list %d open sagas: %w", len(ids), err)
	}
	return nil
}

func (c *changes) updateStuck(ctx context.Context, tx *postgres.Tx) error {
	if len(c.stuck) == 0 {
		return nil
	}
	var ids []string
	var since []*time.Time
	var anew []bool
	for id, change := range c.stuck {
		ids, since, anew = append(ids, id), append(since, change.since), append(anew, change.anew)
	}
	_, err := tx.ExecContext(ctx, `
		UPDATE open_sagas SET stuck_since = CASE WHEN stuck.anew THEN stuck.since ELSE coalesce(stuck_since, stuck.since) END
		FROM unnest($1::text[], $2::timestamptz[], $3::bool[]) AS stuck (order_id, since, anew)
		WHERE open_sagas.order_id = stuck.order_id`, ids, since, anew)
	if err != nil {
		return fmt.Errorf("mark %d sagas as stuck: %w", len(ids), err)
	}
	return nil
}
