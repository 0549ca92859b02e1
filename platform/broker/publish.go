package broker

import (
	"context"
	"fmt"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"go.opentelemetry.io/otel/trace"
)

// Publish sends the events as one batch, in order, and returns when the broker has confirmed all of
// them: one wait, however many. It waits at most 1 s for a connection and at most 10 s in all, less
// when ctx ends sooner.
//
// After an error nothing is known to be delivered and the caller repeats the batch; consumers
// recognise what they get twice. It is an error, too, when an expected queue that wants the type of
// an event is missing: a call a second later makes it again. An event of a type that no expected
// queue wants and nobody has bound a queue for is delivered to nobody, which is counted and no
// error. An event that is no valid CloudEvent is refused before anything is sent.
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

// address gives the message of an event once to the exchange and once to each expected queue that
// wants it. All share its body and headers.
func (b *Broker) address(m message) []message {
	addressed := []message{m}
	for _, queue := range b.expected {
		if wanted(queue.Types, m.key) {
			direct := m
			direct.exchange, direct.key = "", queuesOf(queue.Name, nil).main
			addressed = append(addressed, direct)
		}
	}
	addressed[0].unheard = len(addressed) > 1
	return addressed
}
