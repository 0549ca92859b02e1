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

// attempts of a change that lost against another one of the same order. Sagas on an order run one
// at a time, so two in a row are rare.
const attempts = 4

// prefix of the streams of orders.
const prefix = "order-"

// Orders are the orders of an event store.
type Orders struct {
	events *eventstore.Store
}

// New finds orders in the event store.
func New(events *eventstore.Store) *Orders { return &Orders{events: events} }

// Load folds an order. One that does not exist has version 0.
func (s *Orders) Load(ctx context.Context, id string) (*domain.Order, error) {
	recorded, err := s.History(ctx, id)
	if err != nil {
		return nil, err
	}
	return Fold(id, recorded), nil
}

// Recorded is an event of an order as it is kept.
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

// Update loads an order, lets it change, and appends what happened to it, all or none. When
// somebody else was faster it begins again, so change must depend on the order alone.
func (s *Orders) Update(ctx context.Context, id string, change func(*domain.Order) error) error {
	for attempt := 1; ; attempt++ {
		err := s.update(ctx, id, change)
		switch {
		case !errors.Is(err, eventstore.ErrConflict):
			return err
		case attempt == attempts:
			return unavailable.New("The order is being changed by others; try again", fmt.Errorf("order %s: %w", id, err))
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

// Save appends what happened to an order since it was loaded, all or none. It fails with
// eventstore.ErrConflict when somebody else was faster.
func (s *Orders) Save(ctx context.Context, order *domain.Order) error {
	changes := make([]eventstore.NewEvent, len(order.Changes()))
	for i, event := range order.Changes() {
		changes[i] = eventstore.NewEvent{Type: event.Fact.Type(), Data: event.Fact, OccurredAt: event.OccurredAt}
	}
	_, err := s.events.Append(ctx, Stream(order.ID()), order.Version(), changes...)
	return err
}

// Stream is where an order's events are.
func Stream(id string) string { return prefix + id }

// OrderID is the order whose events are in a stream.
func OrderID(stream string) string { return strings.TrimPrefix(stream, prefix) }

// Decode reads what an event says.
func Decode(event eventstore.Event) (Recorded, error) {
	fact, err := domain.Decode(event.Type, event.Data)
	if err != nil {
		return Recorded{}, fmt.Errorf("%s version %d: %w", event.Stream, event.Version, err)
	}
	return Recorded{Event: domain.Event{OccurredAt: event.OccurredAt, Fact: fact}, Version: event.Version, Position: event.Position}, nil
}

// Fold makes the order of its recorded events.
func Fold(id string, recorded []Recorded) *domain.Order {
	history := make([]domain.Event, len(recorded))
	for i, event := range recorded {
		history[i] = event.Event
	}
	return domain.Fold(id, history)
}
