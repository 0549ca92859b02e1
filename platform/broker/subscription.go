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
	// What is handled after the loss of the channel is delivered again, perhaps to
	// another process, and two must not work on one event: alive ends with it.
	alive, lost := context.WithCancel(context.WithoutCancel(ctx))
	defer lost()
	gone := channel.NotifyClose(make(chan *amqp.Error, 1))
	go func() {
		<-gone
		lost()
	}()
	passer := newPublisher(s.link, func(*amqp.Channel) error { return nil })
	defer passer.close()
	for {
		batch, err := s.collect(ctx, deliveries)
		if len(batch) > 0 {
			if err := s.settle(ctx, alive, channel, passer, batch); err != nil {
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
	// The connection is shared: telling this consumer to stop must not break it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), setupTimeout)
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
// What has begun is finished: ctx ends when the consumer is told to stop, which
// only ends waiting; alive ends when the messages can no longer be acknowledged.
func (s *subscription) settle(ctx, alive context.Context, channel *amqp.Channel, passer *publisher, batch []amqp.Delivery) error {
	failures := make(map[uint64]error)
	var deliveries []amqp.Delivery
	var events []cloudevents.Event
	for _, delivery := range batch {
		event, err := decode(delivery)
		switch {
		case err != nil:
			failures[delivery.DeliveryTag] = err
		case !wanted(s.Types, event.Type()):
			countConsumed(alive, s.Name, "unwanted", 1)
		default:
			deliveries, events = append(deliveries, delivery), append(events, event)
		}
	}
	if err := s.handleAll(ctx, alive, deliveries, events, failures); err != nil {
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
		countConsumed(alive, s.Name, outcome, 1)
		level := slog.LevelWarn
		if outcome == "dead" {
			level = slog.LevelError
		}
		slog.Log(alive, level, "event not handled", "queue", s.main, "outcome", outcome, "next", next.key,
			"event_id", delivery.MessageId, "event_type", delivery.Type, "attempts", next.Headers[HeaderAttempts], "error", cause)
	}
	if err := s.passOn(ctx, alive, passer, onward); err != nil {
		return err
	}
	// All before the last are settled too, so one acknowledgement is enough.
	if err := channel.Ack(batch[len(batch)-1].DeliveryTag, true); err != nil {
		return fmt.Errorf("acknowledge %d messages of %s: %w", len(batch), s.main, err)
	}
	countConsumed(alive, s.Name, "done", len(events)-failedOf(deliveries, failures))
	return nil
}

// passOn moves failed deliveries to where they go next and returns when the
// broker has them there; only then may the originals be acknowledged. While the
// broker takes nothing, it waits: giving the messages back would count against
// their delivery limit.
func (s *subscription) passOn(ctx, alive context.Context, passer *publisher, messages []message) error {
	if len(messages) == 0 {
		return nil
	}
	wait := newBackoff()
	for {
		returned, err := passer.send(alive, messages)
		switch {
		case err == nil && len(returned) > 0:
			// Subscribing again declares the missing queue again.
			return fmt.Errorf("pass on message %s to %s: %w", returned[0].MessageId, returned[0].RoutingKey, errUnroutable)
		case err == nil:
			return nil
		case !errors.Is(err, ErrAway):
			return fmt.Errorf("pass on %d failed messages: %w", len(messages), err)
		}
		if interrupted := s.pause(ctx, alive, wait.NextBackOff()); interrupted != nil {
			return errors.Join(interrupted, err)
		}
	}
}

// pause waits while messages are held, unless they have to be given back.
func (s *subscription) pause(ctx, alive context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return errInterrupted
	case <-alive.Done():
		return errInterrupted
	case <-timer.C:
		return nil
	}
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
func (s *subscription) handleAll(ctx, alive context.Context, deliveries []amqp.Delivery, events []cloudevents.Event, failures map[uint64]error) error {
	if len(events) == 0 {
		return nil
	}
	err := s.handle(ctx, alive, deliveries, events)
	if err == nil || errors.Is(err, errInterrupted) {
		return err
	}
	if len(events) == 1 {
		failures[deliveries[0].DeliveryTag] = err
		return nil
	}
	for i := range events {
		err := s.handle(ctx, alive, deliveries[i:i+1], events[i:i+1])
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
func (s *subscription) handle(ctx, alive context.Context, deliveries []amqp.Delivery, events []cloudevents.Event) error {
	wait := newBackoff()
	held := false
	for {
		err := s.call(alive, deliveries, events)
		if err != nil && alive.Err() != nil {
			return errors.Join(errInterrupted, err)
		}
		if err == nil || isPoison(err) || s.Ready == nil {
			return err
		}
		away := s.ready(alive)
		if away == nil {
			return err
		}
		if !held {
			held = true
			slog.WarnContext(ctx, "consumer holds its messages until what it needs is back",
				"queue", s.main, "needs", away, "error", err)
		}
		for away != nil {
			if err := s.pause(ctx, alive, wait.NextBackOff()); err != nil {
				return err
			}
			away = s.ready(alive)
		}
	}
}

func (s *subscription) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	return s.Ready(ctx)
}

// call makes one attempt. A panic is an error as any other: the message gets its
// retries and then lies in the dead-letter queue, and the consumer lives on.
func (s *subscription) call(ctx context.Context, deliveries []amqp.Delivery, events []cloudevents.Event) (err error) {
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
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
