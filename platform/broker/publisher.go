package broker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

const (
	// confirmTimeout bounds one batch, from writing its first message to the confirm of its last.
	confirmTimeout = 10 * time.Second
	// connectTimeout is how long a batch waits for a connection: long enough for the first one
	// after a start, short because the caller may hold locks.
	connectTimeout = time.Second
)

// message is an AMQP message with its destination. Without an exchange the key is the name of the
// queue that must take it.
type message struct {
	exchange, key string
	// optional means that the message need not reach any queue.
	optional bool
	amqp.Publishing
}

// errNoQueue means that a queue which must take messages is missing.
var errNoQueue = errors.New("missing queue")

// publisher sends batches on one channel in confirm mode, one batch at a time, so the order of
// batches is the order of calls.
type publisher struct {
	link *link
	// expected queues are declared before the first message of a channel is sent.
	expected []Queue
	turn     chan struct{}

	// Only the holder of turn reads and writes these.
	connection *connection
	channel    *amqp.Channel
	returns    <-chan amqp.Return
	lacking    map[string]error // queues that are missing and cannot be declared
	missed     error            // names the missing queue, until remake
	remake     time.Time        // when it may be declared again
	logged     string
}

func newPublisher(l *link, expected []Queue) *publisher {
	return &publisher{link: l, expected: expected, turn: make(chan struct{}, 1)}
}

// send writes the messages and waits until the server has confirmed each. It returns the messages
// to an exchange that no queue took; the server confirms these too. After an error any part of the
// batch may have arrived. A message to a missing queue is such an error; a later call declares the
// expected queues again.
func (p *publisher) send(ctx context.Context, messages []message) (returned []amqp.Return, err error) {
	ctx, cancel := context.WithTimeout(ctx, confirmTimeout)
	defer cancel()
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the previous batch: %w", ctx.Err())
	}
	if err := p.open(ctx); err != nil {
		return nil, err
	}
	err = p.refuse(messages)
	if err == nil {
		returned, err = p.exchange(ctx, messages)
	}
	if err == nil {
		if err = undelivered(ctx, returned); err != nil {
			p.missed, p.remake = err, time.Now().Add(remakePause)
		}
	}
	if err != nil {
		p.discard()
		return nil, err
	}
	return returned, nil
}

// refuse fails while a queue that must take one of the messages cannot be declared: otherwise the
// other queues would get their messages again with every try.
func (p *publisher) refuse(messages []message) error {
	for _, m := range messages {
		if m.exchange == "" && p.lacking[m.key] != nil {
			return p.lacking[m.key]
		}
	}
	return nil
}

// undelivered returns an error when messages to a queue were returned.
func undelivered(ctx context.Context, returned []amqp.Return) error {
	var missing []string
	for _, back := range returned {
		if back.Exchange != "" {
			continue
		}
		countUndelivered(ctx, back.RoutingKey, 1)
		if !slices.Contains(missing, back.RoutingKey) {
			missing = append(missing, back.RoutingKey)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("%w %s: its messages were returned; it is declared again in %s", errNoQueue, strings.Join(missing, ", "), remakePause)
}

// open opens a channel in confirm mode, unless one is open. The caller holds turn.
func (p *publisher) open(ctx context.Context) error {
	if p.channel != nil && !p.channel.IsClosed() {
		return p.connection.writable()
	}
	if time.Now().Before(p.remake) {
		return p.missed
	}
	waiting, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	connection, err := p.link.await(waiting)
	if err != nil {
		return err
	}
	if err := connection.writable(); err != nil {
		return err
	}
	return connection.within(ctx, func() error {
		if err := p.declare(ctx, connection); err != nil {
			return err
		}
		channel, err := connection.Channel()
		if err != nil {
			return fmt.Errorf("open a channel: %w", err)
		}
		if err := channel.Confirm(false); err != nil {
			return fmt.Errorf("switch to publisher confirms: %w", err)
		}
		p.connection, p.channel = connection, channel
		p.returns = channel.NotifyReturn(make(chan amqp.Return, 256))
		return nil
	})
}

// declare declares the expected queues and logs once what the server refused.
func (p *publisher) declare(ctx context.Context, connection *connection) error {
	for _, queue := range p.expected {
		countUndelivered(ctx, queuesOf(queue.Name, nil).main, 0)
	}
	d := &declarer{connection: connection}
	defer d.close()
	if err := d.expected(p.expected); err != nil {
		return err
	}
	lacking, err := d.lacking(p.expected)
	if err != nil {
		return err
	}
	p.lacking = lacking
	logRefused(ctx, "the broker refused a declaration, publishing goes on", errors.Join(d.refused...), &p.logged)
	return nil
}

func (p *publisher) exchange(ctx context.Context, messages []message) (returned []amqp.Return, err error) {
	pending := make([]*amqp.DeferredConfirmation, 0, len(messages))
	err = p.connection.within(ctx, func() error {
		for _, m := range messages {
			confirm, err := p.channel.PublishWithDeferredConfirm(m.exchange, m.key, !m.optional, false, m.Publishing)
			if err != nil {
				return fmt.Errorf("write message %s for %s: %w", m.MessageId, m.key, err)
			}
			pending = append(pending, confirm)
			// The library's reader blocks while the channel of returns is full.
			returned = p.takeReturned(returned)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i, confirm := range pending {
		for confirmed := false; !confirmed; {
			select {
			case back, open := <-p.returns:
				if !open {
					p.returns = nil
					continue
				}
				returned = append(returned, back)
			case <-confirm.Done():
				confirmed = true
			case <-p.connection.blocking():
				return nil, fmt.Errorf("%d of %d messages not confirmed: %w: it blocks publishers", len(pending)-i, len(pending), ErrDisconnected)
			case <-ctx.Done():
				return nil, fmt.Errorf("%d of %d messages not confirmed: %w", len(pending)-i, len(pending), ctx.Err())
			}
		}
		if !confirm.Acked() {
			return nil, fmt.Errorf("message %s of %d for %s refused, or the connection lost before its confirm", messages[i].MessageId, len(pending), messages[i].key)
		}
	}
	// The server returns a message before it confirms it, so all returns have arrived.
	return p.takeReturned(returned), nil
}

func (p *publisher) takeReturned(returned []amqp.Return) []amqp.Return {
	for {
		select {
		case back, open := <-p.returns:
			if !open {
				p.returns = nil
				return returned
			}
			returned = append(returned, back)
		default:
			return returned
		}
	}
}

// discard drops the channel, so that a late confirm does not count for a later batch. Closing waits
// for the server, so it runs in a goroutine.
func (p *publisher) discard() {
	connection, channel := p.connection, p.channel
	p.connection, p.channel, p.returns = nil, nil, nil
	if channel.IsClosed() {
		return
	}
	if connection.writable() != nil {
		// A blocked connection is kept: a new one would be blocked too, without the notice that
		// says so. The close is answered when the server reads again.
		go channel.Close()
		return
	}
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), confirmTimeout)
		defer cancel()
		_ = connection.within(ctx, channel.Close)
	}()
}

// close ends the publisher's channel; its connection stays.
func (p *publisher) close() {
	p.turn <- struct{}{}
	defer func() { <-p.turn }()
	if p.channel != nil {
		p.discard()
	}
}
