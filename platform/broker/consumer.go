package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"

	"github.com/ordersaga/ordersaga/platform/pause"
)

const (
	defaultPrefetch = 100
	maxPrefetch     = 2000
	defaultTimeout  = 30 * time.Second
)

// Consumer is one reader of events, with a queue of its own. Several processes may run the same
// consumer: one is active, the others take over from it.
type Consumer struct {
	// Name names the queue: "ordersaga."+Name, 1 to 100 characters. It must not change while the
	// queue holds messages.
	Name string
	// Types are the event types to handle, exact or as topic patterns in which * is one
	// dot-separated word and # any number. An event of another type is acknowledged and not
	// handled.
	Types []string
	// Prefetch is how many messages the broker sends ahead, 1 to 2000, and the largest batch. 0
	// means 100.
	Prefetch int
	// Handle takes one event, in the queue's order. Its ctx has a deadline of Timeout. It does not
	// end when the ctx of Consume ends, because an event that was begun is finished, but it ends
	// when the connection that delivered the message is lost.
	//
	// After an error of Poison the message goes to the dead-letter queue at once. While a
	// dependency does not work (Unavailable, Ready) the consumer holds the message, keeps the order
	// of its queue, and tries again until it succeeds. After any other it is tried again 1 s, 5 s
	// and 30 s later, while later events are handled, and then it goes to the dead-letter queue.
	Handle func(ctx context.Context, event cloudevents.Event) error
	// HandleBatch is used instead of Handle when it is set. It takes up to Prefetch events at once,
	// in the queue's order: those that arrive within 50 ms, fewer when the queue is idle. A batch
	// that fails is handled again in smaller and smaller parts, so that only the failing event is
	// retried.
	HandleBatch func(ctx context.Context, events []cloudevents.Event) error
	// Unavailable reports whether an error comes from a dependency of the handler, such as a
	// database that cannot be reached, is read-only or is too slow, and not from the event. Without
	// it and Ready, valid messages go to the dead-letter queue while such a database fails.
	Unavailable func(err error) bool
	// Ready asks the handler's dependencies whether they work: an error of the handler that comes
	// while Ready fails is not counted against the message. Its ctx has a deadline of 5 s. Messages
	// held for 20 minutes are returned to the queue, and none are taken before Ready succeeds.
	Ready func(ctx context.Context) error
	// Timeout bounds one call of the handler. 0 means 30 s.
	Timeout time.Duration

	// These replace retryDelays, idleSubscription and holdLimit in tests.
	delays    []time.Duration
	idle      time.Duration
	holdLimit time.Duration
}

// Consume handles the consumer's events until ctx ends; then it finishes the events it has begun
// and returns nil. It reconnects after a lost connection. It returns an error for an invalid
// consumer and after Close.
func (b *Broker) Consume(ctx context.Context, c Consumer) error {
	if err := c.complete(); err != nil {
		return err
	}
	s := &subscription{Consumer: c, link: b.consuming, queues: queuesOf(c.Name, c.delays), served: b.serves(c.Name)}
	unobserve, err := s.observe()
	if err != nil {
		return err
	}
	defer unobserve()
	wait := pause.Growing(firstPause, longestPause)
	logged := ""
	for {
		since := time.Now()
		err := s.run(ctx)
		switch {
		case errors.Is(err, ErrClosed):
			return fmt.Errorf("consume %s: %w", s.main, err)
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, errIdle):
			continue
		case errors.Is(err, errHeld):
			s.awaitReady(ctx)
		}
		// The link logs a lost connection. Any other error concerns this queue: different
		// arguments, no permission, a moving leader.
		if !errors.Is(err, ErrDisconnected) && err.Error() != logged {
			logged = err.Error()
			slog.ErrorContext(ctx, "consumer interrupted, subscribing again", "queue", s.main, "error", err)
		}
		if time.Since(since) > wait.MaxInterval {
			wait.Reset()
		}
		next := wait.NextBackOff()
		if errors.Is(err, errCancelled) {
			next = max(next, remakePause)
		}
		_ = pause.For(ctx, next, nil)
	}
}

// serves reports whether publishers send to a consumer's queue by its name.
func (b *Broker) serves(consumer string) bool {
	return slices.ContainsFunc(b.expected, func(queue Queue) bool { return queue.Name == consumer })
}

// complete sets the defaults and refuses invalid values.
func (c *Consumer) complete() error {
	if c.Prefetch == 0 {
		c.Prefetch = defaultPrefetch
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.delays == nil {
		c.delays = retryDelays
	}
	if c.idle == 0 {
		c.idle = idleSubscription
	}
	if c.holdLimit == 0 {
		c.holdLimit = holdLimit
	}
	if c.Handle != nil && c.HandleBatch == nil {
		handle := c.Handle
		c.HandleBatch = func(ctx context.Context, events []cloudevents.Event) error { return handle(ctx, events[0]) }
	} else if c.HandleBatch != nil {
		c.Handle = nil
	}
	switch {
	case c.Name == "" || len(c.Name) > 100:
		return fmt.Errorf("consumer name %.120q: 1 to 100 characters", c.Name)
	case len(c.Types) == 0:
		return fmt.Errorf("consumer %s: no event types", c.Name)
	case c.Prefetch < 1 || c.Prefetch > maxPrefetch:
		return fmt.Errorf("consumer %s: prefetch %d is not 1 to %d", c.Name, c.Prefetch, maxPrefetch)
	case c.Timeout < 0:
		return fmt.Errorf("consumer %s: timeout %s is negative", c.Name, c.Timeout)
	case c.HandleBatch == nil:
		return fmt.Errorf("consumer %s: neither Handle nor HandleBatch", c.Name)
	}
	return nil
}

// largestBatch is how many events one call of the handler takes.
func (c *Consumer) largestBatch() int {
	if c.Handle != nil {
		return 1
	}
	return c.Prefetch
}
