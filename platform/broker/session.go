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
	"github.com/ordersaga/ordersaga/platform/pause"
)

const (
	// batchWindow bounds the time in which a batch collects events, from its first one.
	batchWindow = 50 * time.Millisecond
	// idleWindow ends a batch early when no further event comes. It also bounds the delay of an
	// acknowledgement.
	idleWindow = 5 * time.Millisecond
	// acknowledgements is the number of acknowledgements for one prefetch of messages. A quorum
	// queue's channel forwards acknowledgements in groups of 32. It loses an incomplete group when
	// it is closed, and those messages are delivered again.
	acknowledgements = 8
)

// session is a subscription on one channel. One goroutine takes, handles and settles messages, so
// events are handled in the order of the queue.
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

// run handles messages until ctx ends, and finishes those it has begun, or until the channel is
// lost.
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

// collect waits for a message and takes those that follow within the windows. With the error that
// ends the session it still returns the messages it has taken.
func (s *session) collect(ctx context.Context) (taken []amqp.Delivery, err error) {
	// The end of ctx goes before a message that is ready.
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
				// The messages taken cannot be acknowledged any more and are delivered again.
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

// settle handles a batch and passes on failed messages. The end of ctx ends only waiting: a batch
// that was begun is finished.
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

// acknowledge acknowledges all settled messages at once, up to the last delivery tag.
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

// onward returns the message to send on after a failed delivery, and logs the failure.
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

// passOn sends failed deliveries to their next queue and returns when the broker has confirmed
// them; only then may the originals be acknowledged. It waits while the broker takes no messages,
// because returning them would count against their delivery limit.
func (s *session) passOn(ctx context.Context, messages []message) error {
	if len(messages) == 0 {
		return nil
	}
	wait := pause.Growing(firstPause, longestPause)
	for {
		_, err := s.passer.send(s.alive, messages)
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, ErrDisconnected):
			// When a queue is missing, the next subscription declares it again.
			return fmt.Errorf("pass on %d failed messages: %w", len(messages), err)
		}
		if interrupted := s.pause(ctx, wait.NextBackOff()); interrupted != nil {
			return errors.Join(interrupted, err)
		}
	}
}

// pause waits while messages are held, and fails when they have to be returned.
func (s *session) pause(ctx context.Context, d time.Duration) error {
	if pause.For(ctx, d, s.alive.Done()) != nil || s.alive.Err() != nil {
		return errInterrupted
	}
	return nil
}
