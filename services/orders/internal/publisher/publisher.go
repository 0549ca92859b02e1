// Package publisher publishes the integration events of orders: it follows the log and publishes
// each event at least once, and those of one order in their order. The log is its outbox.
package publisher

import (
	"context"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"

	"github.com/ordersaga/ordersaga/platform/eventstore"
	"github.com/ordersaga/ordersaga/platform/eventtrace"
)

// Subscription is the name under which the publisher follows the log.
const Subscription = "publisher"

// Publish sends a batch of events and returns when all of them are confirmed.
type Publish func(ctx context.Context, events ...cloudevents.Event) error

// Follow makes the subscription that publishes. An order with an event that this version does not
// know is deferred from that event on, because the event may have to be published.
func Follow(publish Publish) eventstore.Subscription {
	return eventstore.Subscription{Name: Subscription, Handle: func(ctx context.Context, events []eventstore.Event) error {
		var batch []cloudevents.Event
		var deferred eventstore.Deferred
		for _, event := range events {
			if deferred.Has(event.Stream) {
				continue
			}
			told, meant, err := translate(event)
			switch {
			case err != nil:
				deferred.Add(event, err)
			case meant:
				batch = append(batch, eventtrace.Inject(event.Context(ctx), told))
			}
		}
		if err := publish(ctx, batch...); err != nil {
			return err
		}
		return deferred.Err()
	}}
}
