package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	amqp "github.com/rabbitmq/amqp091-go"
)

// Queue is a consumer's queue as publishers see it: its name, without the prefix, and the event
// types that must reach it.
type Queue struct {
	Name  string
	Types []string
}

// Queues converts the queues listed in a contract, which must not import this package.
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

// declarer declares exchanges, queues and bindings one after the other. What the server refuses,
// such as a queue that exists with other arguments, is collected in refused and the next one is
// declared: one queue must not stop all publishing.
type declarer struct {
	connection *connection
	channel    *amqp.Channel
	refused    []error
}

// try makes one declaration. It fails only when the connection fails.
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
	// The server closes the channel with this answer.
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

// expected declares the exchange and the queues of the consumers that must get the events.
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

// lacking returns the queues that do not exist although they were declared, by name, each with the
// server's error.
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

// logRefused logs what the server refused, unless it is the same as before.
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
