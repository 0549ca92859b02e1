package broker

import (
	"context"
	"fmt"

	amqp "github.com/rabbitmq/amqp091-go"
)

// subscription is a consumer's claim on its queue, over as many connections as
// it takes.
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
		return explain(connection, err)
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
	work := &session{subscription: s, alive: alive, channel: channel, deliveries: deliveries, passer: passer}
	return explain(connection, work.run(ctx))
}

// explain turns an error that only follows from a lost connection into ErrAway.
func explain(connection *connection, err error) error {
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
