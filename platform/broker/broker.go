// Package broker publishes events to RabbitMQ and consumes them.
//
// Events are CloudEvents 1.0 in structured JSON. Each goes to one durable topic exchange, routed by
// its type, for whoever has bound a queue there; and, by the queue's name, to each consumer that
// the publisher was told must have it. Of a message to an exchange the broker says only that no
// queue at all took it; of a message to a queue it says whether this queue took it, so an event
// whose consumer's queue is missing is known to be undelivered.
//
// Publishing is in batches: all messages of a batch are written, then all their confirms are
// awaited once. Each consumer has a durable quorum queue, a bounded delayed retry and a dead-letter
// queue with the reason. Delivery is at least once, so consumers keep an inbox or gate by version.
package broker

import (
	"context"
	"errors"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// Exchange is the durable topic exchange that all events pass.
const Exchange = "ordersaga.events"

var (
	// ErrAway says that there is no connection to the broker right now.
	ErrAway = errors.New("the broker is away")
	// ErrClosed says that Close was called.
	ErrClosed = errors.New("the broker connection was closed")
)

// Broker is a program's connection to RabbitMQ. It is safe for concurrent use.
type Broker struct {
	// Publishers and consumers have a connection each: the server stops reading from connections
	// that publish when it is low on memory or disk, and the acknowledgements of consumers must not
	// be stopped with them.
	publishing *link
	consuming  *link
	publisher  *publisher
	expected   []Queue
	closing    sync.Once
}

// Connect returns at once and connects in the background, again and again for as long as it takes.
// The connection lives until Close: ctx gives values only and its end does not end the broker,
// because what a program has in hand when it is told to stop must still be confirmed and
// acknowledged.
//
// The expected queues are those of the consumers that must have what is published: they are made
// before anything is published, and an event is delivered when each of them that wants its type has
// it.
func Connect(ctx context.Context, url string, expected ...Queue) *Broker {
	ctx = context.WithoutCancel(ctx)
	b := &Broker{publishing: newLink(ctx, url, "publisher"), consuming: newLink(ctx, url, "consumer"), expected: expected}
	b.publisher = newPublisher(b.publishing, expected)
	return b
}

// ValidateURL tells whether the URL can be one of a broker, without connecting:
// "amqp://user:password@host:5672/vhost". Its error does not repeat the URL, which may hold a
// password.
func ValidateURL(url string) error {
	if _, err := amqp.ParseURI(url); err != nil {
		return errors.New("not an AMQP URL like amqp://user:password@host:5672/vhost")
	}
	return nil
}

// Ready tells whether both connections stand and publishing is not blocked by the server. Its error
// says why not.
func (b *Broker) Ready(context.Context) error {
	if _, err := b.consuming.connected(); err != nil {
		return err
	}
	connection, err := b.publishing.connected()
	if err != nil {
		return err
	}
	return connection.writable()
}

// Close ends both connections. Consumers that still run stop with ErrClosed, and what they have not
// acknowledged is delivered again.
func (b *Broker) Close() {
	b.closing.Do(func() {
		b.publishing.close()
		b.consuming.close()
	})
}

// setupTimeout bounds declaring a consumer's queues and subscribing to them.
const setupTimeout = 15 * time.Second
