package broker

import (
	"context"
	"fmt"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"go.opentelemetry.io/otel/trace"
)

// Publish sends the events as one batch, in order, and returns when the broker
// has confirmed all of them: one wait, however many. It waits at most 1 s for a
// connection and at most 10 s in all, less when ctx ends sooner.
//
// After an error nothing is known to be delivered and the caller repeats the
// batch; consumers recognise what they get twice. An event of a type that no
// consumer asked for is delivered to nobody, which is counted and no error. An
// event that is no valid CloudEvent is refused before anything is sent.
func (b *Broker) Publish(ctx context.Context, events ...cloudevents.Event) (err error) {
	if len(events) == 0 {
		return nil
	}
	messages := make([]message, len(events))
	spans := make([]trace.Span, len(events))
	for i, event := range events {
		if messages[i], err = encode(event); err != nil {
			return err
		}
	}
	for i, event := range events {
		spans[i] = startProducer(ctx, event, messages[i].Headers)
	}
	defer func() { endAll(spans, err) }()
	returned, err := b.publisher.send(ctx, messages)
	if err != nil {
		return fmt.Errorf("publish %d events from %s %s on: %w", len(events), events[0].Type(), events[0].ID(), err)
	}
	countPublished(ctx, events, returned)
	return nil
}
