package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	amqp "github.com/rabbitmq/amqp091-go"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// readyTimeout bounds one question whether the handler's needs are met.
const readyTimeout = 5 * time.Second

// errInterrupted says that held messages were given back because the consumer
// stops or its connection is lost.
var errInterrupted = errors.New("gave back what it held")

// handleAll gives the events to the handler, together and, when that fails, one
// by one. It notes the failures by delivery tag; its own error gives them back.
func (s *session) handleAll(ctx context.Context, deliveries []amqp.Delivery, events []cloudevents.Event, failures map[uint64]error) error {
	if len(events) == 0 {
		return nil
	}
	err := s.handle(ctx, deliveries, events)
	if err == nil || errors.Is(err, errInterrupted) {
		return err
	}
	if len(events) == 1 {
		failures[deliveries[0].DeliveryTag] = err
		return nil
	}
	for i := range events {
		err := s.handle(ctx, deliveries[i:i+1], events[i:i+1])
		if errors.Is(err, errInterrupted) {
			return err
		}
		if err != nil {
			failures[deliveries[i].DeliveryTag] = err
		}
	}
	return nil
}

// handle calls the handler, again and again while it fails because what it needs
// is away.
func (s *session) handle(ctx context.Context, deliveries []amqp.Delivery, events []cloudevents.Event) error {
	wait := newBackoff()
	held := false
	for {
		err := s.call(deliveries, events)
		if err != nil && s.alive.Err() != nil {
			return errors.Join(errInterrupted, err)
		}
		if err == nil || isPoison(err) || s.Ready == nil {
			return err
		}
		away := s.ready()
		if away == nil {
			return err
		}
		if !held {
			held = true
			slog.WarnContext(ctx, "consumer holds its messages until what it needs is back",
				"queue", s.main, "needs", away, "error", err)
		}
		for away != nil {
			if err := s.pause(ctx, wait.NextBackOff()); err != nil {
				return err
			}
			away = s.ready()
		}
	}
}

// ready asks whether what the handler needs is there.
func (s *session) ready() error {
	ctx, cancel := context.WithTimeout(s.alive, readyTimeout)
	defer cancel()
	return s.Ready(ctx)
}

// call makes one attempt. A panic is an error as any other: the message gets its
// retries and then lies in the dead-letter queue, and the consumer lives on.
func (s *session) call(deliveries []amqp.Delivery, events []cloudevents.Event) (err error) {
	ctx, cancel := context.WithTimeout(s.alive, s.Timeout)
	defer cancel()
	ctx, spans := startConsumer(ctx, s.main, deliveries, events)
	began := time.Now()
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("handler panicked: %v", panicked)
			slog.ErrorContext(ctx, "event handler panicked", "queue", s.main, "panic", panicked, "stack", string(debug.Stack()))
		}
		handling.Record(ctx, time.Since(began).Seconds(), metric.WithAttributes(attribute.String("consumer", s.Name)))
		endAll(spans, err)
	}()
	return s.HandleBatch(ctx, events)
}
