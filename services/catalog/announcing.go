package main

import (
	"context"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"

	"github.com/ordersaga/ordersaga/platform/broker"
	"github.com/ordersaga/ordersaga/platform/outbox"
)

// announcing publishes events once the consumer's queue is there. On the very
// first start, without it, the relay can be quicker than the read side's
// subscription: what it published then would never be shown. Only one relay
// calls it.
func announcing(events *broker.Broker, consumer broker.Consumer) outbox.Publish {
	declared := false
	return func(ctx context.Context, batch ...cloudevents.Event) error {
		if !declared {
			// The relay's transaction is open meanwhile: do not wait in it for a
			// broker that is away.
			if err := events.Ready(ctx); err != nil {
				return err
			}
			if err := events.Declare(ctx, consumer); err != nil {
				return err
			}
			declared = true
		}
		return events.Publish(ctx, batch...)
	}
}
