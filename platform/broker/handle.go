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

// batchBytes bounds the events of one call of a handler, in bytes of JSON.
const batchBytes = 4 << 20

// errInterrupted means that held messages were returned because the consumer stops or its
// connection is lost.
var errInterrupted = errors.New("held messages returned to the queue")

// handleAll calls the handler with all events, and after an error with smaller and smaller parts,
// so that a batch that is too large succeeds in parts and a failing event is found. Failures are
// collected by delivery tag. When handleAll itself fails, all messages return to the queue.
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

// part returns how many messages the next call of the handler takes, and their size in bytes.
func (s *session) part(deliveries []amqp.Delivery) (count, size int) {
	for count < len(deliveries) && count < s.limit.Events() && (count == 0 || size < s.limit.Bytes()) {
		size += len(deliveries[count].Body)
		count++
	}
	return count, size
}

// call makes one attempt. A panic counts as an error: the message is retried and then goes to the
// dead-letter queue, and the consumer continues.
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
