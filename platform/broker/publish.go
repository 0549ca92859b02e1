package broker

import (
	"context"
	"fmt"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"go.opentelemetry.io/otel/trace"
)

// Publish sends the events as one batch, in order, and returns when the broker has confirmed all of
// them. It waits at most 1 s for a connection and at most 10 s in all, less when ctx ends sooner.
//
// After an error any part of the batch may have been delivered, and the caller repeats all of it;
// consumers recognise repeated events. A missing expected queue that takes the type of an event is
// an error; a call a second later declares it again. An event whose type no expected queue takes
// and no queue is bound for is counted and dropped, without an error. An invalid CloudEvent is
// refused before anything is sent.
func (b *Broker) Publish(ctx context.Context, events ...cloudevents.Event) (err error) {
	if len(events) == 0 {
		return nil
	}
	encoded := make([]message, len(events))
	spans := make([]trace.Span, len(events))
	for i, event := range events {
		if encoded[i], err = encode(event); err != nil {
			return err
		}
	}
	messages := make([]message, 0, len(events))
	for i, event := range events {
		spans[i] = startProducer(ctx, event, encoded[i].Headers)
		messages = append(messages, b.address(encoded[i])...)
	}
	defer func() { endAll(spans, err) }()
	returned, err := b.publisher.send(ctx, messages)
	if err != nil {
		return fmt.Errorf("publish %d events from %s %s on: %w", len(events), events[0].Type(), events[0].ID(), err)
	}
	countPublished(ctx, events, returned)
	return nil
}

// address returns the messages of an event: one to the exchange and one to each expected queue that
// takes its type. All share its body and headers.
func (b *Broker) address(m message) []message {
	addressed := []message{m}
	for _, queue := range b.expected {
		if wanted(queue.Types, m.key) {
			direct := m
			direct.exchange, direct.key = "", queuesOf(queue.Name, nil).main
			addressed = append(addressed, direct)
		}
	}
	addressed[0].optional = len(addressed) > 1
	return addressed
}
