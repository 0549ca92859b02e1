// Package store keeps orders as streams of events.
package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ordersaga/ordersaga/platform/eventstore"
	"github.com/ordersaga/ordersaga/platform/unavailable"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
)

// attempts bounds the tries of a change that conflicts with others. Sagas of an order run one at a
// time, so conflicts are rare.
const attempts = 4

// prefix of the streams of orders.
const prefix = "order-"

// Orders loads and changes the orders of an event store.
type Orders struct {
	events *eventstore.Store
}

// New makes Orders from the event store.
func New(events *eventstore.Store) *Orders { return &Orders{events: events} }

// Load loads an order. One that does not exist has version 0.
func (s *Orders) Load(ctx context.Context, id string) (*domain.Order, error) {
	recorded, err := s.History(ctx, id)
	if err != nil {
		return nil, err
	}
	return Fold(id, recorded), nil
}

// Recorded is a stored event of an order.
type Recorded struct {
	domain.Event
	Version int64
	// Position in the log, 0 until it is sequenced.
	Position int64
}

// History reads the events of an order, oldest first; none when it does not exist. It fails with an
// Unreadable when this version does not know one of them.
func (s *Orders) History(ctx context.Context, id string) ([]Recorded, error) {
	kept, err := s.events.Load(ctx, Stream(id))
	if err != nil {
		return nil, err
	}
	history, err := decodeAll(kept)
	if err != nil {
		return nil, &Unreadable{OrderID: id, Cause: err}
	}
	return history, nil
}

// Update loads an order, calls change, and appends the new events, all or none. After a conflict it
// starts again, so change must depend only on the order.
func (s *Orders) Update(ctx context.Context, id string, change func(*domain.Order) error) error {
	for attempt := 1; ; attempt++ {
		err := s.update(ctx, id, change)
		switch {
		case !errors.Is(err, eventstore.ErrConflict):
			return err
		case attempt == attempts:
			return unavailable.New("The order is being changed by other requests; try again", fmt.Errorf("order %s: %w", id, err))
		}
	}
}

func (s *Orders) update(ctx context.Context, id string, change func(*domain.Order) error) error {
	order, err := s.Load(ctx, id)
	if err != nil {
		return err
	}
	if err := change(order); err != nil {
		return err
	}
	return s.Save(ctx, order)
}

// Save appends the new events of an order, all or none. It fails with eventstore.ErrConflict when
// the order was changed meanwhile.
func (s *Orders) Save(ctx context.Context, order *domain.Order) error {
	changes := make([]eventstore.NewEvent, len(order.Changes()))
	for i, event := range order.Changes() {
		changes[i] = eventstore.NewEvent{Type: domain.TypeOf(event.Fact), Data: event.Fact, OccurredAt: event.OccurredAt}
	}
	_, err := s.events.Append(ctx, Stream(order.ID()), order.Version(), changes...)
	return err
}

// Stream returns the name of an order's stream.
func Stream(id string) string { return prefix + id }

// OrderID returns the id of a stream's order.
func OrderID(stream string) string { return strings.TrimPrefix(stream, prefix) }

// Decode decodes an event.
func Decode(event eventstore.Event) (Recorded, error) {
	fact, err := domain.Decode(event.Type, event.Data)
	if err != nil {
		return Recorded{}, fmt.Errorf("%s version %d: %w", event.Stream, event.Version, err)
	}
	return Recorded{Event: domain.Event{OccurredAt: event.OccurredAt, Fact: fact}, Version: event.Version, Position: event.Position}, nil
}

// Fold makes an order from its recorded events.
func Fold(id string, recorded []Recorded) *domain.Order {
	history := make([]domain.Event, len(recorded))
	for i, event := range recorded {
		history[i] = event.Event
	}
	return domain.Fold(id, history)
}
