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

// batchBytes bounds what one call of a handler takes of large events, in bytes of JSON.
const batchBytes = 4 << 20

// errInterrupted says that held messages were given back because the consumer stops or its
// connection is lost.
var errInterrupted = errors.New("gave back what it held")

// handleAll gives the events to the handler, together at first. What fails is tried in ever smaller
// parts, so that what is too much at once gets through, and one guilty event is found. It notes
// failures by delivery tag; its own error gives all back.
func (s *session) handleAll(ctx context.Context, deliveries []amqp.Delivery, events []cloudevents.Event, failures map[uint64]error) error {
	for len(events) > 0 {
		count, size := s.part(deliveries)
		began := time.Now()
		err := s.call(deliveries[:count], events[:count])
		switch {
		case err == nil:
			s.limit.Done(count, size, time.Since(began))
			s.release(ctx)
		case s.alive.Err() != nil:
			return errors.Join(errInterrupted, err)
		case s.notNow(err):
			s.limit.Failed(count, size)
			if err := s.hold(ctx, err); err != nil {
				return err
			}
			continue
		case count > 1:
			s.limit.Failed(count, size)
			continue
		default:
			failures[deliveries[0].DeliveryTag] = err
		}
		deliveries, events = deliveries[count:], events[count:]
	}
	return nil
}

// part is how many of the messages the next call of the handler takes, and how many bytes these
// are.
func (s *session) part(deliveries []amqp.Delivery) (count, size int) {
	for count < len(deliveries) && count < s.limit.Events() && (count == 0 || size < s.limit.Bytes()) {
		size += len(deliveries[count].Body)
		count++
	}
	return count, size
}

// call makes one attempt. A panic is an error as any other: the message gets its retries and then
// lies in the dead-letter queue, and the consumer lives on.
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
