package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/ordersaga/ordersaga/platform/batch"
)

const (
	// batchWindow is how long a batch may collect, from its first event.
	batchWindow = 50 * time.Millisecond
	// idleWindow ends a batch early when nothing more comes: a lone event should not wait for
	// company. It is also how long an acknowledgement may wait.
	idleWindow = 5 * time.Millisecond
	// acknowledgements is into how many the prefetch is divided. A quorum queue's channel sends on
	// 32 at a time and keeps the rest to itself; those it loses when it is closed, and what was
	// acknowledged long ago comes again.
	acknowledgements = 8
)

// session is a subscription on one channel. One goroutine takes, handles and settles, so the
// queue's order is the handler's order.
type session struct {
	*subscription
	// alive ends when the messages of the channel can no longer be acknowledged.
	alive      context.Context
	channel    *amqp.Channel
	deliveries <-chan amqp.Delivery
	passer     *publisher
	limit      *batch.Limit // of one call of the handler

	settled int    // messages settled and not yet acknowledged
	last    uint64 // the delivery tag of the last of them
}

// run handles until ctx ends, and finishes what has begun, or until the channel is lost.
func (s *session) run(ctx context.Context) error {
	for {
		taken, err := s.collect(ctx)
		if len(taken) > 0 {
			if failure := s.settle(ctx, taken); failure != nil {
				err = failure
			}
		}
		if err != nil {
			return errors.Join(err, s.acknowledge())
		}
	}
}

// collect waits for a message and takes what follows it closely. With the error that ends the
// session it still returns what it has taken.
func (s *session) collect(ctx context.Context) (taken []amqp.Delivery, err error) {
	// When both are ready, the end comes first.
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	idle := time.NewTimer(idleWindow)
	defer idle.Stop()
	silent := time.NewTimer(s.idle)
	defer silent.Stop()
	var window <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return taken, ctx.Err()
		case delivery, open := <-s.deliveries:
			if !open {
				// What was taken cannot be acknowledged any more: it comes again.
				return nil, fmt.Errorf("subscription to %s: %w", s.main, errCancelled)
			}
			taken = append(taken, delivery)
			if len(taken) == s.largestBatch() {
				return taken, nil
			}
			idle.Reset(idleWindow)
			if window == nil {
				window = time.After(batchWindow)
			}
		case <-silent.C:
			if len(taken) == 0 {
				return nil, errIdle
			}
		case <-idle.C:
			if len(taken) > 0 {
				return taken, nil
			}
			if err := s.acknowledge(); err != nil {
				return nil, err
			}
		case <-window:
			return taken, nil
		}
	}
}

// settle handles a batch and passes on what failed. What has begun is finished: ctx ends when the
// consumer is told to stop, which only ends waiting.
func (s *session) settle(ctx context.Context, taken []amqp.Delivery) error {
	failures := make(map[uint64]error)
	var deliveries []amqp.Delivery
	var events []cloudevents.Event
	for _, delivery := range taken {
		event, err := decode(delivery)
		switch {
		case err != nil:
			failures[delivery.DeliveryTag] = err
		case !wanted(s.Types, event.Type()):
			countConsumed(s.alive, s.Name, "unwanted", 1)
		default:
			deliveries, events = append(deliveries, delivery), append(events, event)
		}
	}
	if err := s.handleAll(ctx, deliveries, events, failures); err != nil {
		return err
	}
	var onward []message
	for _, delivery := range taken {
		if cause := failures[delivery.DeliveryTag]; cause != nil {
			onward = append(onward, s.onward(delivery, cause))
		}
	}
	if err := s.passOn(ctx, onward); err != nil {
		return err
	}
	done := 0
	for _, delivery := range deliveries {
		if failures[delivery.DeliveryTag] == nil {
			done++
		}
	}
	countConsumed(s.alive, s.Name, "done", done)
	s.settled += len(taken)
	s.last = taken[len(taken)-1].DeliveryTag
	if s.settled < max(1, s.Prefetch/acknowledgements) {
		return nil
	}
	return s.acknowledge()
}

// acknowledge tells the server of all that is settled. All before the last are settled too, so one
// acknowledgement is enough.
func (s *session) acknowledge() error {
	if s.settled == 0 {
		return nil
	}
	if err := s.channel.Ack(s.last, true); err != nil {
		return fmt.Errorf("acknowledge %d messages of %s: %w", s.settled, s.main, err)
	}
	s.settled = 0
	return nil
}

// onward decides where a failed delivery goes next, and says so.
func (s *session) onward(delivery amqp.Delivery, cause error) message {
	next, outcome := s.failed(delivery, cause)
	countConsumed(s.alive, s.Name, outcome, 1)
	level := slog.LevelWarn
	if outcome == "dead" {
		level = slog.LevelError
	}
	slog.Log(s.alive, level, "event not handled", "queue", s.main, "outcome", outcome, "next", next.key,
		"event_id", delivery.MessageId, "event_type", delivery.Type, "attempts", next.Headers[HeaderAttempts], "error", cause)
	return next
}

// passOn moves failed deliveries to where they go next and returns when the broker has them there;
// only then may the originals be acknowledged. While the broker takes nothing, it waits: giving the
// messages back would count against their delivery limit.
func (s *session) passOn(ctx context.Context, messages []message) error {
	if len(messages) == 0 {
		return nil
	}
	wait := newBackoff()
	for {
		_, err := s.passer.send(s.alive, messages)
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, ErrAway):
			// Where a queue is missing: subscribing again makes it again.
			return fmt.Errorf("pass on %d failed messages: %w", len(messages), err)
		}
		if interrupted := s.pause(ctx, wait.NextBackOff()); interrupted != nil {
			return errors.Join(interrupted, err)
		}
	}
}

// pause waits while messages are held, unless they have to be given back.
func (s *session) pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return errInterrupted
	case <-s.alive.Done():
		return errInterrupted
	case <-timer.C:
		return nil
	}
}
