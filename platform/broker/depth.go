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

// Depth is what lies in a consumer's queues. Messages the consumer has in hand are not counted.
type Depth struct {
	// Declared is false before the consumer's first subscription.
	Declared bool
	// Waiting for the consumer, and Retrying after a failed attempt.
	Waiting, Retrying int
	// Dead is how many dead letters there are, Letters the oldest of them, at most
	// DeadLettersShown.
	Dead    int
	Letters []DeadLetter
}

// DeadLetter is a message that a consumer, or the broker for it, gave up on.
type DeadLetter struct {
	EventID, EventType string
	// Cause is "poison" or "retries_exhausted"; for a letter that the broker itself put there its
	// own word, such as "delivery_limit", and "unknown" without one.
	Cause  string
	Reason string // the last error
}

// Depth looks into the queues of a consumer, by its name. Dead letters stay where they are.
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
	// The end of the channel gives back the letters that were looked at.
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

// messages of a queue that are ready to be taken.
func messages(channel *amqp.Channel, name string) (int, error) {
	queue, err := channel.QueueDeclarePassive(name, true, false, false, false, nil)
	if err != nil {
		return 0, fmt.Errorf("depth of queue %s: %w", name, err)
	}
	return queue.Messages, nil
}

// deadLetter describes a letter, which anybody may have put there: what it says is bounded and made
// safe to show.
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
