// Package broker publishes events to RabbitMQ and consumes them.
//
// Events are CloudEvents 1.0 in structured JSON. Each goes to one durable topic exchange, routed by
// its type, for any queue bound there, and by queue name to each consumer that must get it. For a
// message to an exchange the broker reports only that no queue at all took it. For a message to a
// queue it reports whether that queue took it, so the publisher notices when the queue of a
// consumer is missing.
//
// Events are published in batches: all messages of a batch are written, then their confirms are
// awaited together. Each consumer has a durable quorum queue, a bounded delayed retry and a
// dead-letter queue with the reason. Delivery is at least once, so consumers keep an inbox or gate
// by version.
package broker

import (
	"context"
	"errors"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// Exchange is the durable topic exchange to which all events are published.
const Exchange = "ordersaga.events"

var (
	// ErrDisconnected means that there is no connection to the broker, or that it blocks
	// publishers.
	ErrDisconnected = errors.New("no connection to the broker")
	// ErrClosed means that Close was called.
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

// Connect returns at once and connects in the background, with retries until it succeeds. The
// connection stays open until Close: only the values of ctx are used, not its end, because a
// program that stops must still confirm and acknowledge the messages it has begun.
//
// The expected queues belong to the consumers that must get the events. They are declared before
// anything is published, and an event counts as delivered when each of them that takes its type has
// confirmed it.
func Connect(ctx context.Context, url string, expected ...Queue) *Broker {
	ctx = context.WithoutCancel(ctx)
	b := &Broker{publishing: newLink(ctx, url, "publisher"), consuming: newLink(ctx, url, "consumer"), expected: expected}
	b.publisher = newPublisher(b.publishing, expected)
	return b
}

// ValidateURL checks the form of a broker's URL without connecting:
// "amqp://user:password@host:5672/vhost". Its error does not repeat the URL, which may hold a
// password.
func ValidateURL(url string) error {
	if _, err := amqp.ParseURI(url); err != nil {
		return errors.New("not an AMQP URL like amqp://user:password@host:5672/vhost")
	}
	return nil
}

// Ready returns nil when both connections are open and the server does not block publishing, or
// else an error with the reason.
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

const (
	// setupTimeout bounds declaring a consumer's queues and subscribing to them.
	setupTimeout = 15 * time.Second
	// firstPause and longestPause bound the growing pauses between two tries.
	firstPause   = 100 * time.Millisecond
	longestPause = 5 * time.Second
)
