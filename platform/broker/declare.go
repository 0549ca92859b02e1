package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	amqp "github.com/rabbitmq/amqp091-go"
)

// Queue is a consumer's queue as those who publish know it: its name, without the prefix, and the
// types that must reach it.
type Queue struct {
	Name  string
	Types []string
}

// Queues takes queues as a contract lists them, which knows nothing of brokers.
func Queues[Q ~struct {
	Name  string
	Types []string
}](listed []Q) []Queue {
	queues := make([]Queue, len(listed))
	for i, queue := range listed {
		queues[i] = Queue(queue)
	}
	return queues
}

// declarer makes exchanges, queues and bindings, one after the other. What the server refuses, say
// a queue that exists with other arguments, is noted and does not keep the others from being made:
// one queue must not stop all publishing.
type declarer struct {
	connection *connection
	channel    *amqp.Channel
	refused    []error
}

// try makes one thing. Its error is one of the connection.
func (d *declarer) try(what string, declare func(*amqp.Channel) error) error {
	if d.channel == nil || d.channel.IsClosed() {
		channel, err := d.connection.Channel()
		if err != nil {
			return fmt.Errorf("open a channel: %w", err)
		}
		d.channel = channel
	}
	err := declare(d.channel)
	var answer *amqp.Error
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &answer) || d.connection.IsClosed():
		return fmt.Errorf("%s: %w", what, err)
	case answer.Code == amqp.PreconditionFailed:
		err = fmt.Errorf("%s: it exists with other arguments and is used as it is; to have it changed see Queues in docs/operations.md: %w", what, err)
	default:
		err = fmt.Errorf("%s: %w", what, err)
	}
	// With its answer the server has closed the channel.
	d.refused = append(d.refused, err)
	return nil
}

func (d *declarer) exchange() error {
	return d.try("declare exchange "+Exchange, func(channel *amqp.Channel) error {
		return channel.ExchangeDeclare(Exchange, amqp.ExchangeTopic, true, false, false, false, nil)
	})
}

func (d *declarer) queue(name string, arguments amqp.Table) error {
	arguments[amqp.QueueTypeArg] = amqp.QueueTypeQuorum
	return d.try("declare queue "+name, func(channel *amqp.Channel) error {
		_, err := channel.QueueDeclare(name, true, false, false, false, arguments)
		return err
	})
}

func (d *declarer) bind(queue string, patterns []string) error {
	for _, pattern := range patterns {
		err := d.try("bind queue "+queue+" to "+pattern, func(channel *amqp.Channel) error {
			return channel.QueueBind(queue, pattern, Exchange, false, nil)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// expected makes the exchange and the queues of the consumers that must have what is published.
func (d *declarer) expected(queues []Queue) error {
	if err := d.exchange(); err != nil {
		return err
	}
	for _, queue := range queues {
		if err := queuesOf(queue.Name, retryDelays).declare(d); err != nil {
			return err
		}
	}
	return nil
}

// lacking is which of the queues are not there although they were declared, by name, each with what
// the server said.
func (d *declarer) lacking(queues []Queue) (map[string]error, error) {
	if len(d.refused) == 0 {
		return nil, nil
	}
	lacking := map[string]error{}
	for _, queue := range queues {
		name := queuesOf(queue.Name, nil).main
		look := &declarer{connection: d.connection}
		err := look.try("look for queue "+name, func(channel *amqp.Channel) error {
			_, err := channel.QueueDeclarePassive(name, true, false, false, false, nil)
			return err
		})
		look.close()
		if err != nil {
			return nil, err
		}
		if missing(errors.Join(look.refused...)) {
			lacking[name] = fmt.Errorf("%w %s, and it cannot be made: %w", errNoQueue, name, errors.Join(d.refused...))
		}
	}
	return lacking, nil
}

// logRefused says what the server refused, when it is not what was said before.
func logRefused(ctx context.Context, text string, refused error, before *string) {
	said := ""
	if refused != nil {
		said = refused.Error()
	}
	if said != "" && said != *before {
		slog.ErrorContext(ctx, text, "error", said)
	}
	*before = said
}

func (d *declarer) close() {
	if d.channel != nil {
		_ = closed(d.channel)
	}
}
