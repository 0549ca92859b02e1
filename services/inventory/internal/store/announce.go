package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/uuid"

	"github.com/ordersaga/ordersaga/contracts/events"
	"github.com/ordersaga/ordersaga/platform/outbox"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/inventory/internal/domain"
)

// levelsPerEvent bounds an event's size. No order or receipt has more SKUs; a sweep of many orders
// may.
const levelsPerEvent = 1000

// Announce adds the new levels to the outbox. The reference is the id of the order, the receipt,
// the sweep or the product that changed them.
func Announce(ctx context.Context, q postgres.Querier, reference string, levels []domain.Level) error {
	var announced []cloudevents.Event
	for chunk := range slices.Chunk(levels, levelsPerEvent) {
		event, err := events.New(uuid.NewString(), reference, time.Now(), events.StockChanged{Levels: published(chunk)})
		if err != nil {
			return fmt.Errorf("announce %d levels after %s: %w", len(chunk), reference, err)
		}
		announced = append(announced, event)
	}
	return outbox.Append(ctx, q, announced...)
}

func published(levels []domain.Level) []events.StockLevel {
	out := make([]events.StockLevel, len(levels))
	for i, level := range levels {
		out[i] = events.StockLevel{
			SKU: level.SKU, OnHand: level.OnHand, Reserved: level.Reserved,
			Available: level.Available(), Version: level.Version,
		}
	}
	return out
}
