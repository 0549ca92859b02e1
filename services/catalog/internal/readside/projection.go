package readside

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"

	"github.com/ordersaga/ordersaga/contracts/events"
	"github.com/ordersaga/ordersaga/platform/broker"
	"github.com/ordersaga/ordersaga/platform/mongodb"
)

const (
	// maxBatch is how many events the consumer takes at once.
	maxBatch = 100
	// timeout of a batch. A change of stock can tell of a thousand SKUs, and FerretDB takes some
	// milliseconds for each.
	timeout = time.Minute
	// maxParts is how many parts one round of writes takes.
	maxParts = 1000
)

// Consumer keeps the documents up to date. Each write is gated by its part's version, so events may
// come twice and in any order: there is no inbox. While ready fails, or the store takes no writes,
// events are held.
func (p *Products) Consumer(ready func(context.Context) error) broker.Consumer {
	return broker.Consumer{
		Name:        events.CatalogReadSide.Name,
		Types:       events.CatalogReadSide.Types,
		Prefetch:    maxBatch,
		HandleBatch: p.Apply,
		Unavailable: mongodb.Unavailable,
		Ready:       ready,
		Timeout:     timeout,
	}
}

// Apply writes what the events tell. An event that cannot be read is poison.
func (p *Products) Apply(ctx context.Context, batch []cloudevents.Event) error {
	newest := make(map[[2]string]part)
	for _, event := range batch {
		parts, err := partsOf(event)
		if err != nil {
			return broker.Poison(fmt.Errorf("%s %s: %w", event.Type(), event.ID(), err))
		}
		for _, part := range parts {
			key := [2]string{part.sku, part.gate}
			if part.version > newest[key].version {
				newest[key] = part
			}
		}
	}
	parts := make([]part, 0, len(newest))
	for _, part := range newest {
		parts = append(parts, part)
	}
	for some := range slices.Chunk(parts, maxParts) {
		if err := p.write(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

func partsOf(event cloudevents.Event) ([]part, error) {
	var parts []part
	switch event.Type() {
	case events.ProductCreatedV1, events.ProductChangedV1:
		// Both tell the whole product, in one shape.
		var told events.ProductCreated
		if err := event.DataAs(&told); err != nil {
			return nil, err
		}
		parts = append(parts, productPart(told))
	case events.StockChangedV1:
		var changed events.StockChanged
		if err := event.DataAs(&changed); err != nil {
			return nil, err
		}
		for _, level := range changed.Levels {
			parts = append(parts, stockPart(level))
		}
	default:
		return nil, errors.New("not an event of the read side")
	}
	for _, part := range parts {
		if part.sku == "" || part.version < 1 {
			return nil, fmt.Errorf("sku %q at version %d: both must be there, versions count from 1", part.sku, part.version)
		}
	}
	return parts, nil
}
