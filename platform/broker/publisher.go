package broker

import (
	"context"
	"errors"
	"fmt"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

const (
	// confirmTimeout bounds one batch, from writing its first message to the
	// confirm of its last.
	confirmTimeout = 10 * time.Second
	// awayTimeout is how long a batch waits for a connection: long enough for
	// the first one after a start, short enough not to hold the caller's locks.
	awayTimeout = time.Second
)

// message is what is sent, and where to.
type message struct {
	exchange, key string
	amqp.Publishing
}

// publisher sends batches on one channel in confirm mode, one batch at a time,
// so the order of batches is the order of calls.
type publisher struct {
	link    *link
	prepare func(*amqp.Channel) error
	turn    chan struct{}

	// Only the holder of the turn touches these.
	connection *connection
	channel    *amqp.Channel
	returns    <-chan amqp.Return
}

func newPublisher(l *link, prepare func(*amqp.Channel) error) *publisher {
	return &publisher{link: l, prepare: prepare, turn: make(chan struct{}, 1)}
}

// send writes the messages and waits until the server has confirmed each. It
// returns the ones that no queue took, which the server confirms too. After an
// error any part of the batch may have arrived.
func (p *publisher) send(ctx context.Context, messages []message) (returned []amqp.Return, err error) {
	ctx, cancel := context.WithTimeout(ctx, confirmTimeout)
	defer cancel()
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the batch before: %w", ctx.Err())
	}
	if err := p.open(ctx); err != nil {
		return nil, err
	}
	returned, err = p.exchange(ctx, messages)
	if err != nil {
		p.discard()
		return nil, err
	}
	return returned, nil
}

// open gives the turn's holder a channel in confirm mode.
func (p *publisher) open(ctx context.Context) error {
	if p.channel != nil && !p.channel.IsClosed() {
		return p.connection.writable()
	}
	waiting, cancel := context.WithTimeout(ctx, awayTimeout)
	defer cancel()
	connection, err := p.link.await(waiting)
	if err != nil {
		return err
	}
	if err := connection.writable(); err != nil {
		return err
	}
	return connection.within(ctx, func() error {
		channel, err := connection.Channel()
		if err != nil {
			return fmt.Errorf("open a channel: %w", err)
		}
		if err := p.prepare(channel); err != nil {
			return err
		}
		if err := channel.Confirm(false); err != nil {
			return fmt.Errorf("switch to publisher confirms: %w", err)
		}
		p.connection, p.channel = connection, channel
		p.returns = channel.NotifyReturn(make(chan amqp.Return, 256))
		return nil
	})
}

func (p *publisher) exchange(ctx context.Context, messages []message) (returned []amqp.Return, err error) {
	pending := make([]*amqp.DeferredConfirmation, 0, len(messages))
	err = p.connection.within(ctx, func() error {
		for _, m := range messages {
			confirm, err := p.channel.PublishWithDeferredConfirm(m.exchange, m.key, true, false, m.Publishing)
			if err != nil {
				return fmt.Errorf("write message %s for %s: %w", m.MessageId, m.key, err)
			}
			pending = append(pending, confirm)
			// The library's reader waits for room: take what has come back.
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
				return nil, fmt.Errorf("%d of %d messages not confirmed: %w: it blocks publishers", len(pending)-i, len(pending), ErrAway)
			case <-ctx.Done():
				return nil, fmt.Errorf("%d of %d messages not confirmed: %w", len(pending)-i, len(pending), ctx.Err())
			}
		}
		if !confirm.Acked() {
			return nil, fmt.Errorf("message %s of %d for %s refused, or the connection lost before its confirm", messages[i].MessageId, len(pending), messages[i].key)
		}
	}
	// A message that comes back does so before its confirm: all are here.
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

// discard gives up the channel: a confirm that comes late must not be counted
// for a later batch. Closing asks the server, so it is done aside.
func (p *publisher) discard() {
	connection, channel := p.connection, p.channel
	p.connection, p.channel, p.returns = nil, nil, nil
	if channel.IsClosed() {
		return
	}
	if connection.writable() != nil {
		// A blocked connection is kept, because a new one would be blocked as well
		// and not know it yet. The answer comes when the server reads again.
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

var errUnroutable = errors.New("no queue took it")
