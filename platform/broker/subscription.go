package broker

import (
	"context"
	"errors"
	"fmt"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/ordersaga/ordersaga/platform/batch"
)

const (
	// remakePause is how long a queue that was found to be missing is left so before it is made
	// again. RabbitMQ 3 does not cancel the consumers of a deleted queue at once but first tries,
	// for a moment, to subscribe them to a queue of that name. When somebody has made one, the
	// consumer's channel takes what it delivers for repetitions, because the numbers begin anew,
	// and holds it back for ever.
	remakePause = time.Second
	// idleSubscription is how long a consumer hears nothing before it subscribes again. That frees
	// one whose messages are held back, as above, and makes a queue again that was deleted
	// unnoticed. It has nothing in hand then, so nothing is delivered twice.
	idleSubscription = 30 * time.Second
)

var (
	// errCancelled says that the server has ended a subscription.
	errCancelled = errors.New("ended by the server: its queue is gone, it is made again")
	errIdle      = errors.New("nothing came for a while")
)

// subscription is a consumer's claim on its queue, over as many connections as it takes.
type subscription struct {
	Consumer
	queues
	link *link
	// served says that publishers send to the queue by its name. It is then not bound to the
	// exchange, or each event would come twice.
	served bool
	logged string // what the server refused the last time
	held   hold
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
	// Closing gives back what was sent ahead and not begun. Acknowledgements written before reach
	// the server before.
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), setupTimeout)
		defer cancel()
		_ = connection.within(closing, channel.Close)
	}()
	// What is handled after the loss of the channel is delivered again, perhaps to another process,
	// and two must not work on one event: alive ends with it.
	alive, lost := context.WithCancel(context.WithoutCancel(ctx))
	defer lost()
	gone := channel.NotifyClose(make(chan *amqp.Error, 1))
	go func() {
		<-gone
		lost()
	}()
	passer := newPublisher(s.link, nil)
	defer passer.close()
	work := &session{
		subscription: s, alive: alive, channel: channel, deliveries: deliveries, passer: passer,
		limit: batch.NewLimit(s.largestBatch(), batchBytes, s.Timeout),
	}
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
		refused, err := s.declareAll(connection)
		if err != nil {
			return err
		}
		if channel, err = connection.Channel(); err != nil {
			return fmt.Errorf("open a channel: %w", err)
		}
		if err := channel.Qos(s.Prefetch, 0, false); err != nil {
			return fmt.Errorf("set prefetch %d: %w", s.Prefetch, err)
		}
		if deliveries, err = channel.Consume(s.main, "", false, false, false, false, nil); err != nil {
			return fmt.Errorf("subscribe to %s: %w", s.main, errors.Join(err, refused))
		}
		logRefused(ctx, "the broker refused a declaration, the consumer goes on", refused, &s.logged)
		return nil
	})
	return channel, deliveries, err
}

// declareAll makes the queues, and the bindings of a consumer that publishers do not know. What the
// server refuses is told apart from a lost connection.
func (s *subscription) declareAll(connection *connection) (refused, err error) {
	d := &declarer{connection: connection}
	defer d.close()
	if err := s.declare(d); err != nil {
		return nil, err
	}
	if !s.served {
		if err := d.exchange(); err != nil {
			return nil, err
		}
		if err := d.bind(s.main, s.Types); err != nil {
			return nil, err
		}
	}
	return errors.Join(d.refused...), nil
}
