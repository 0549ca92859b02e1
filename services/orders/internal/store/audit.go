package store

import (
	"context"

	"github.com/ordersaga/ordersaga/platform/eventstore"
)

// IDs returns at most limit ids of orders after an id, in their order; "" is before the first.
func (s *Orders) IDs(ctx context.Context, after string, limit int) ([]string, error) {
	streams, err := s.events.Streams(ctx, Stream(after), limit)
	return orderIDs(streams), err
}

// Opened returns the ids of orders whose first event has a position p with from <= p < to.
func (s *Orders) Opened(ctx context.Context, from, to int64) ([]string, error) {
	streams, err := s.events.Opened(ctx, from, to)
	return orderIDs(streams), err
}

// Histories reads the events of many orders in one statement, each oldest first. An order that does
// not exist is in neither result; one that this version cannot read is in unreadable.
func (s *Orders) Histories(ctx context.Context, ids []string) (histories map[string][]Recorded, unreadable map[string]error, err error) {
	streams := make([]string, len(ids))
	for i, id := range ids {
		streams[i] = Stream(id)
	}
	kept, err := s.events.LoadMany(ctx, streams)
	if err != nil {
		return nil, nil, err
	}
	histories, unreadable = make(map[string][]Recorded, len(kept)), map[string]error{}
	for stream, events := range kept {
		id := OrderID(stream)
		history, err := decodeAll(events)
		if err != nil {
			unreadable[id] = &Unreadable{OrderID: id, Cause: err}
			continue
		}
		histories[id] = history
	}
	return histories, unreadable, nil
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
