package store

import (
	"context"
	"fmt"

	"github.com/ordersaga/ordersaga/platform/eventstore"
)

// IDs are at most limit orders whose ids come after one, in the order of their
// ids; after "" is from the start.
func (s *Orders) IDs(ctx context.Context, after string, limit int) ([]string, error) {
	streams, err := s.events.Streams(ctx, Stream(after), limit)
	return orderIDs(streams), err
}

// Opened are the orders whose first event has a position from one up to, not
// with, another.
func (s *Orders) Opened(ctx context.Context, from, to int64) ([]string, error) {
	streams, err := s.events.Opened(ctx, from, to)
	return orderIDs(streams), err
}

// Histories reads the events of many orders, each oldest first. An order that
// does not exist is not in the answer.
func (s *Orders) Histories(ctx context.Context, ids []string) (map[string][]Recorded, error) {
	streams := make([]string, len(ids))
	for i, id := range ids {
		streams[i] = Stream(id)
	}
	kept, err := s.events.LoadMany(ctx, streams)
	if err != nil {
		return nil, err
	}
	histories := make(map[string][]Recorded, len(kept))
	for stream, events := range kept {
		history, err := decodeAll(events)
		if err != nil {
			return nil, fmt.Errorf("read %d orders: %w", len(ids), err)
		}
		histories[OrderID(stream)] = history
	}
	return histories, nil
}

func decodeAll(events []eventstore.Event) ([]Recorded, error) {
	history := make([]Recorded, len(events))
	for i, event := range events {
		var err error
		if history[i], err = Decode(event); err != nil {
			return nil, err
		}
	}
	return history, nil
}

func orderIDs(streams []string) []string {
	ids := make([]string, len(streams))
	for i, stream := range streams {
		ids[i] = OrderID(stream)
	}
	return ids
}
