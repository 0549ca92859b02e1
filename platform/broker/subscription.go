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
	// remakePause is the pause before a missing queue is declared again. RabbitMQ 3 does not cancel
	// the consumers of a deleted queue at once: it first tries for a moment to subscribe them to a
	// queue of the same name. If such a queue exists by then, its delivery numbers begin anew, the
	// consumer's channel takes its messages for duplicates, and never delivers them.
	remakePause = time.Second
	// idleSubscription is the time without messages after which a consumer subscribes again. This
	// ends the state described above and declares a queue again that was deleted without notice.
	// The consumer has no messages then, so nothing is delivered twice.
	idleSubscription = 30 * time.Second
)

var (
	// errCancelled means that the server has ended a subscription.
	errCancelled = errors.New("ended by the server: the queue was deleted and is declared again")
	errIdle      = errors.New("no messages, subscribing again")
)

// subscription is a consumer's subscription to its queue, over one connection after the other.
type subscription struct {
	Consumer
	queues
	link *link
	// served means that publishers send to the queue by its name. It is then not bound to the
	// exchange, because each event would come twice.
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
	// Closing returns the prefetched messages to the queue. Acknowledgements written earlier reach
	// the server first.
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), setupTimeout)
		defer cancel()
		_ = connection.within(closing, channel.Close)
	}()
	// After the channel is lost its messages are delivered again, perhaps to another process, and
	// two must not handle one event: alive ends with the channel.
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

// explain turns an error caused by a lost connection into ErrDisconnected.
func explain(connection *connection, err error) error {
	if connection.IsClosed() {
		return fmt.Errorf("%w: %w", ErrDisconnected, err)
	}
	return err
}

func (s *subscription) subscribe(ctx context.Context, connection *connection) (channel *amqp.Channel, deliveries <-chan amqp.Delivery, err error) {
	// The connection is shared: the end of this consumer must not close it.
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

// declareAll declares the queues, and the bindings of a consumer that publishers do not send to by
// name. It returns what the server refused apart from errors of the connection.
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
