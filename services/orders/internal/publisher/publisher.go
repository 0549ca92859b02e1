// Package publisher tells the rest of the company what happened to orders: it
// follows the log and publishes integration events, each at least once and those
// of one order in their order. The log is its outbox.
package publisher

import (
	"context"
	"fmt"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"

	"github.com/ordersaga/ordersaga/platform/eventstore"
	"github.com/ordersaga/ordersaga/platform/eventtrace"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

// Subscription is the name under which the publisher follows the log.
const Subscription = "publisher"

// Publish sends a batch of events and returns when all of them are confirmed.
type Publish func(ctx context.Context, events ...cloudevents.Event) error

// Follow makes the subscription that publishes.
func Follow(publish Publish) eventstore.Subscription {
	return eventstore.Subscription{Name: Subscription, Handle: func(ctx context.Context, events []eventstore.Event) error {
		var batch []cloudevents.Event
		for _, event := range events {
			told, meant, err := translate(event)
			if err != nil {
				return fmt.Errorf("publish %s of order %s: %w", event.Type, store.OrderID(event.Stream), err)
			}
			if meant {
				batch = append(batch, eventtrace.Inject(event.Context(ctx), told))
			}
		}
		return publish(ctx, batch...)
	}}
}
