package broker

import (
	"context"
	"errors"
	"fmt"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/ordersaga/ordersaga/platform/text"
)

// DeadLettersShown bounds how many dead letters Depth looks at.
const DeadLettersShown = 200

// Depth counts the messages in a consumer's queues. Messages that the consumer has taken are not
// counted.
type Depth struct {
	// Declared is false before the consumer's first subscription.
	Declared bool
	// Waiting messages are ready for the consumer; Retrying ones wait after a failed attempt.
	Waiting, Retrying int
	// Dead is the number of dead letters, Letters the oldest of them, at most DeadLettersShown.
	Dead    int
	Letters []DeadLetter
}

// DeadLetter is a message that a consumer could not handle, or that the broker moved to its
// dead-letter queue.
type DeadLetter struct {
	EventID, EventType string
	// Cause is "poison" or "retries_exhausted". For a message moved by the broker it is the
	// broker's reason, such as "delivery_limit", or "unknown" without one.
	Cause  string
	Reason string // the last error
}

// Depth inspects the queues of a consumer, by its name. Dead letters stay in their queue.
func (b *Broker) Depth(ctx context.Context, consumer string) (depth Depth, err error) {
	connection, err := b.consuming.await(ctx)
	if err != nil {
		return Depth{}, fmt.Errorf("look into the queues of %s: %w", consumer, err)
	}
	ctx, cancel := context.WithTimeout(ctx, setupTimeout)
	defer cancel()
	err = connection.within(ctx, func() error {
		depth, err = depthOf(connection, queuesOf(consumer, retryDelays))
		return err
	})
	if err != nil {
		return Depth{}, fmt.Errorf("look into the queues of %s: %w", consumer, explain(connection, err))
	}
	return depth, nil
}

func depthOf(connection *connection, q queues) (depth Depth, err error) {
	channel, err := connection.Channel()
	if err != nil {
		return Depth{}, err
	}
	// Closing the channel returns the inspected letters to the queue.
	defer func() { err = errors.Join(err, closed(channel)) }()
	if depth.Waiting, err = messages(channel, q.main); missing(err) {
		return Depth{}, nil // the server has closed the channel with its answer
	}
	for i := range q.delays {
		if err != nil {
			break
		}
		var waiting int
		waiting, err = messages(channel, q.retry(i+1))
		depth.Retrying += waiting
	}
	if err != nil {
		return Depth{}, err
	}
	depth.Declared = true
	if depth.Dead, err = messages(channel, q.dead()); err != nil {
		return depth, err
	}
	for range min(depth.Dead, DeadLettersShown) {
		letter, found, err := channel.Get(q.dead(), false)
		if err != nil {
			return depth, fmt.Errorf("look at %s: %w", q.dead(), err)
		}
		if !found {
			break
		}
		depth.Letters = append(depth.Letters, deadLetter(letter))
	}
	return depth, nil
}

// messages counts a queue's messages that are ready for delivery.
func messages(channel *amqp.Channel, name string) (int, error) {
	queue, err := channel.QueueDeclarePassive(name, true, false, false, false, nil)
	if err != nil {
		return 0, fmt.Errorf("depth of queue %s: %w", name, err)
	}
	return queue.Messages, nil
}

// deadLetter describes a letter. Its text is untrusted, so it is bounded and escaped for display.
func deadLetter(letter amqp.Delivery) DeadLetter {
	cause, _ := letter.Headers[HeaderCause].(string)
	if cause == "" {
		cause, _ = letter.Headers["x-first-death-reason"].(string)
	}
	if cause == "" {
		cause = "unknown"
	}
	reason, _ := letter.Headers[HeaderReason].(string)
	return DeadLetter{
		EventID: text.Line(letter.MessageId, maxShortString), EventType: text.Line(letter.Type, maxShortString),
		Cause: text.Line(cause, maxShortString), Reason: text.Line(reason, maxReason),
	}
}

func missing(err error) bool {
	var answer *amqp.Error
	return errors.As(err, &answer) && answer.Code == amqp.NotFound
}

func closed(channel *amqp.Channel) error {
	if err := channel.Close(); err != nil && !errors.Is(err, amqp.ErrClosed) {
		return fmt.Errorf("close the channel: %w", err)
	}
	return nil
}
