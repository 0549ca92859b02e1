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

const (
	// batchWindow is how long a batch may collect, from its first event.
	batchWindow = 50 * time.Millisecond
	// idleWindow ends a batch early when nothing more comes: a lone event should
	// not wait for company.
	idleWindow = 5 * time.Millisecond
	// readyTimeout bounds one question whether the handler's needs are met.
	readyTimeout = 5 * time.Second
)

// errInterrupted says that held messages were given back because the consumer
// stops or its connection is lost.
var errInterrupted = errors.New("gave back what it held")

// subscription is a consumer at work: one goroutine takes, handles and settles,
// so the queue's order is the handler's order.
type subscription struct {
	Consumer
	queues
	link *link
}

// run subscribes and handles until ctx ends or the connection is lost.
func (s *subscription) run(ctx context.Context) error {
	connection, err := s.link.await(ctx)
	if err != nil {
		return err
	}
	channel, deliveries, err := s.subscribe(ctx, connection)
	if err != nil {
		return s.explain(connection, err)
	}
	// Closing gives back what was sent ahead and not begun. Acknowledgements
	// written before reach the server before.
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), setupTimeout)
		defer cancel()
		_ = connection.within(closing, channel.Close)
	}()
	gone := channel.NotifyClose(make(chan *amqp.Error, 1))
	passer := newPublisher(s.link, func(*amqp.Channel) error { return nil })
	defer passer.close()
	for {
		batch, err := s.collect(ctx, deliveries)
		if len(batch) > 0 {
			if err := s.settle(ctx, channel, passer, batch, gone); err != nil {
				return s.explain(connection, err)
			}
		}
		if err != nil {
			return s.explain(connection, err)
		}
	}
}

// explain turns an error that only follows from a lost connection into ErrAway.
func (s *subscription) explain(connection *connection, err error) error {
	if connection.IsClosed() {
		return fmt.Errorf("%w: %w", ErrAway, err)
	}
	return err
}

func (s *subscription) subscribe(ctx context.Context, connection *connection) (channel *amqp.Channel, deliveries <-chan amqp.Delivery, err error) {
	ctx, cancel := context.WithTimeout(ctx, setupTimeout)
	defer cancel()
	err = connection.within(ctx, func() error {
		if channel, err = connection.Channel(); err != nil {
			return fmt.Errorf("open a channel: %w", err)
		}
		if err := s.declare(channel, s.Types); err != nil {
			return err
		}
		if err := channel.Qos(s.Prefetch, 0, false); err != nil {
			return fmt.Errorf("set prefetch %d: %w", s.Prefetch, err)
		}
		if deliveries, err = channel.Consume(s.main, "", false, false, false, false, nil); err != nil {
			return fmt.Errorf("subscribe to %s: %w", s.main, err)
		}
		return nil
	})
	return channel, deliveries, err
}

// collect waits for a message and takes what follows it closely. With the error
// that ends the subscription it still returns what it has taken.
func (s *subscription) collect(ctx context.Context, deliveries <-chan amqp.Delivery) (batch []amqp.Delivery, err error) {
	// When both are ready, the end comes first.
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var idle, window <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return batch, ctx.Err()
		case delivery, open := <-deliveries:
			if !open {
				// What was taken cannot be acknowledged any more: it comes again.
				return nil, fmt.Errorf("subscription to %s ended by the server", s.main)
			}
			batch = append(batch, delivery)
			if len(batch) == s.largestBatch() {
				return batch, nil
			}
			idle = time.After(idleWindow)
			if window == nil {
				window = time.After(batchWindow)
			}
		case <-idle:
			return batch, nil
		case <-window:
			return batch, nil
		}
	}
}

// settle handles a batch, passes on what failed, and acknowledges all of it.
func (s *subscription) settle(ctx context.Context, channel *amqp.Channel, passer *publisher, batch []amqp.Delivery, gone <-chan *amqp.Error) error {
	// What has begun is finished, also after the consumer is told to stop.
	working := context.WithoutCancel(ctx)
	failures := make(map[uint64]error)
	var deliveries []amqp.Delivery
	var events []cloudevents.Event
	for _, delivery := range batch {
		event, err := decode(delivery)
		switch {
		case err != nil:
			failures[delivery.DeliveryTag] = err
		case !wanted(s.Types, event.Type()):
			countConsumed(working, s.Name, "unwanted", 1)
		default:
			deliveries, events = append(deliveries, delivery), append(events, event)
		}
	}
	if err := s.handleAll(ctx, deliveries, events, failures, gone); err != nil {
		return err
	}
	var onward []message
	for _, delivery := range batch {
		cause := failures[delivery.DeliveryTag]
		if cause == nil {
			continue
		}
		next, outcome := s.failed(delivery, cause)
		onward = append(onward, next)
		countConsumed(working, s.Name, outcome, 1)
		level := slog.LevelWarn
		if outcome == "dead" {
			level = slog.LevelError
		}
		slog.Log(working, level, "event not handled", "queue", s.main, "outcome", outcome, "next", next.key,
			"event_id", delivery.MessageId, "event_type", delivery.Type, "attempts", next.Headers[HeaderAttempts], "error", cause)
	}
	if err := passOn(working, passer, onward); err != nil {
		return err
	}
	// All before the last are settled too, so one acknowledgement is enough.
	if err := channel.Ack(batch[len(batch)-1].DeliveryTag, true); err != nil {
		return fmt.Errorf("acknowledge %d messages of %s: %w", len(batch), s.main, err)
	}
	countConsumed(working, s.Name, "done", len(events)-failedOf(deliveries, failures))
	return nil
}

func failedOf(deliveries []amqp.Delivery, failures map[uint64]error) (n int) {
	for _, delivery := range deliveries {
		if failures[delivery.DeliveryTag] != nil {
			n++
		}
	}
	return n
}

// handleAll gives the events to the handler, together and, when that fails, one
// by one. It notes the failures by delivery tag; its own error gives them back.
func (s *subscription) handleAll(ctx context.Context, deliveries []amqp.Delivery, events []cloudevents.Event, failures map[uint64]error, gone <-chan *amqp.Error) error {
	if len(events) == 0 {
		return nil
	}
	err := s.handle(ctx, deliveries, events, gone)
	if err == nil || errors.Is(err, errInterrupted) {
		return err
	}
	if len(events) == 1 {
		failures[deliveries[0].DeliveryTag] = err
		return nil
	}
	for i := range events {
		err := s.handle(ctx, deliveries[i:i+1], events[i:i+1], gone)
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
func (s *subscription) handle(ctx context.Context, deliveries []amqp.Delivery, events []cloudevents.Event, gone <-chan *amqp.Error) error {
	wait := newBackoff()
	held := false
	for {
		err := s.call(ctx, deliveries, events)
		if err == nil || isPoison(err) || s.Ready == nil {
			return err
		}
		away := s.ready(ctx)
		if away == nil {
			return err
		}
		if !held {
			held = true
			slog.WarnContext(ctx, "consumer holds its messages until what it needs is back",
				"queue", s.main, "needs", away, "error", err)
		}
		for away != nil {
			select {
			case <-ctx.Done():
				return errInterrupted
			case <-gone:
				return errInterrupted
			case <-time.After(wait.NextBackOff()):
			}
			away = s.ready(ctx)
		}
	}
}

func (s *subscription) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyTimeout)
	defer cancel()
	return s.Ready(ctx)
}

// call makes one attempt. A panic is an error as any other: the message gets its
// retries and then lies in the dead-letter queue, and the consumer lives on.
func (s *subscription) call(ctx context.Context, deliveries []amqp.Delivery, events []cloudevents.Event) (err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.Timeout)
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
